with versions as (
    {{ latest_version(source('crm', 'customers')) }}
),

renamed as (
    select
        customer_id as crm_customer_id,
        loyalty_id,
        household_id,
        {{ brand_id() }} as brand_id,
        email,
        email_normalised,
        phone,
        phone_normalised,
        first_name,
        first_name_normalised,
        last_name,
        last_name_normalised,
        street,
        postcode,
        postcode_normalised,
        city,
        region,
        country_code,
        language,
        age_band,
        gender,
        household_size,
        household_income_band,
        marital_status,
        home_ownership,
        is_email_verified,
        has_marketing_consent,
        birth_date,
        {{ business_date('created_at') }} as created_date,
        created_at,
        updated_at,
        _delivery_id,
        _received_at,
        _loaded_at
    from versions
)

select * from renamed
