with versions as (
    {{ latest_version(source('crm', 'households')) }}
),

renamed as (
    select
        household_id,
        customer_id as crm_customer_id,
        {{ brand_id() }} as brand_id,
        role as household_role,
        valid_from,
        valid_to,
        updated_at,
        _delivery_id,
        _received_at,
        _loaded_at
    from versions
)

select * from renamed
