with versions as (
    {{ latest_version(source('locations', 'stores')) }}
),

renamed as (
    select
        store_id,
        organisation_unit_id,
        {{ brand_id() }} as brand_id,
        name as store_name,
        store_format,
        postcode,
        city,
        region,
        country_code,
        latitude,
        longitude,
        opened_date,
        closed_date,
        updated_at,
        _delivery_id,
        _received_at,
        _loaded_at
    from versions
)

select * from renamed
