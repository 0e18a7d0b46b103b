with versions as (
    {{ latest_version(source('holdings', 'holders')) }}
),

renamed as (
    select
        account_number,
        customer_id as holdings_customer_id,
        {{ brand_id() }} as brand_id,
        role as holder_role,
        valid_from,
        valid_to,
        updated_at,
        _delivery_id,
        _received_at,
        _loaded_at
    from versions
)

select * from renamed
