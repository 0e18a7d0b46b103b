with versions as (
    {{ all_versions(source('crm', 'contacts'), ['contact_id'], 'updated_at') }}
),

renamed as (
    select
        contact_id,
        _version_number as version_number,
        email,
        phone,
        first_name,
        last_name,
        postcode,
        postcode_normalised,
        city,
        country_code,
        language,
        coalesce(_is_deleted, false) as is_deleted,
        created_at,
        updated_at,
        _received_at
    from versions
)

select * from renamed
