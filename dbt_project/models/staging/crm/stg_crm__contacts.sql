with versions as (
    {{ latest_version(source('crm', 'contacts')) }}
),

renamed as (
    select
        contact_id,
        customer_id as crm_customer_id,
        acquisition_campaign_id,
        {{ brand_id() }} as brand_id,
        kind as contact_kind,
        category as contact_category,
        email,
        email_normalised,
        phone,
        phone_normalised,
        first_name,
        first_name_normalised,
        last_name,
        last_name_normalised,
        postcode,
        postcode_normalised,
        city,
        country_code,
        language,
        lead_source,
        quantity,
        is_prospect,
        {{ business_date('created_at') }} as business_date,
        created_at,
        updated_at,
        _delivery_id,
        _received_at,
        _loaded_at
    from versions
)

select * from renamed
