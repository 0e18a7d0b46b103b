with versions as (
    {{ latest_version(source('locations', 'postcodes')) }}
),

renamed as (
    select
        country_code,
        postcode,
        upper(replace(postcode, ' ', '')) as postcode_normalised,
        city,
        region,
        latitude,
        longitude,
        _delivery_id,
        _received_at,
        _loaded_at
    from versions
)

select * from renamed
