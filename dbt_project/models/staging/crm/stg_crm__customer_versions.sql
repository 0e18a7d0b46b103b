with versions as (
    {{ all_versions(source('crm', 'customers'), ['customer_id'], 'updated_at') }}
),

renamed as (
    select
        customer_id as crm_customer_id,
        _version_number as version_number,
        household_id,
        email,
        phone,
        first_name,
        last_name,
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
        coalesce(_is_deleted, false) as is_deleted,
        birth_date,
        created_at,
        updated_at,
        _received_at
    from versions
)

select * from renamed
