with versions as (
    {{ all_versions(source('loyalty', 'members'), ['loyalty_id'], 'updated_at') }}
),

renamed as (
    select
        loyalty_id,
        _version_number as version_number,
        email,
        phone,
        first_name,
        last_name,
        postcode,
        postcode_normalised,
        coalesce(_is_deleted, false) as is_deleted,
        birth_date,
        joined_at,
        updated_at,
        _received_at
    from versions
)

select * from renamed
