with versions as (
    {{ latest_version(source('crm', 'preferences')) }}
),

renamed as (
    select
        customer_id as crm_customer_id,
        preference,
        {{ brand_id() }} as brand_id,
        value as preference_value,
        {{ business_date('set_at') }} as business_date,
        set_at,
        updated_at,
        _delivery_id,
        _received_at,
        _loaded_at
    from versions
)

select * from renamed
