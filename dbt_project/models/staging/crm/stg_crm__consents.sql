with versions as (
    {{ latest_version(source('crm', 'consents')) }}
),

renamed as (
    select
        consent_id,
        customer_id as crm_customer_id,
        {{ brand_id() }} as brand_id,
        purpose as consent_purpose,
        status as consent_status,
        source as consent_source,
        legal_basis,
        {{ business_date('recorded_at') }} as business_date,
        recorded_at,
        _delivery_id,
        _received_at,
        _loaded_at
    from versions
)

select * from renamed
