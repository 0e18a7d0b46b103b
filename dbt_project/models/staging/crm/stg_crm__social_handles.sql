with versions as (
    {{ latest_version(source('crm', 'social_handles')) }}
),

renamed as (
    select
        network,
        handle,
        handle_normalised,
        customer_id as crm_customer_id,
        {{ brand_id() }} as brand_id,
        is_verified,
        {{ business_date('linked_at') }} as business_date,
        linked_at,
        _delivery_id,
        _received_at,
        _loaded_at
    from versions
)

select * from renamed
