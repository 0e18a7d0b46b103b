with locations as (
    select * from {{ ref('stg_locations__stores') }}
),

selling as (
    select
        store_id,
        min(business_date) as first_sold_date,
        max(business_date) as last_sold_date
    from {{ ref('fct_orders') }}
    where store_id is not null
    group by store_id
),

postcodes as (
    select * from {{ ref('stg_locations__postcodes') }}
),

stores as (
    select
        coalesce(locations.store_id, selling.store_id) as store_id,
        locations.store_name,
        locations.store_format,
        locations.postcode,
        coalesce(locations.city, postcodes.city) as city,
        coalesce(locations.region, postcodes.region) as region,
        locations.country_code,
        coalesce(locations.latitude, postcodes.latitude) as latitude,
        coalesce(locations.longitude, postcodes.longitude) as longitude,
        locations.latitude is null and postcodes.latitude is not null as is_position_of_postcode,
        locations.opened_date,
        locations.closed_date,
        selling.first_sold_date,
        selling.last_sold_date
    from locations
    full outer join selling on locations.store_id = selling.store_id
    left join postcodes
        on
            locations.country_code = postcodes.country_code
            and upper(replace(locations.postcode, ' ', '')) = postcodes.postcode_normalised
)

select * from stores
