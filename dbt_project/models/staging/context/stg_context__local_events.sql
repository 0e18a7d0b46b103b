with versions as (
    {{ latest_version(source('context', 'local_events')) }}
),

renamed as (
    select
        event_id,
        {{ brand_id() }} as brand_id,
        name as event_name,
        category,
        venue,
        postcode,
        city,
        region,
        country_code,
        latitude,
        longitude,
        expected_visitor_count,
        starts_at,
        ends_at,
        updated_at,
        _delivery_id,
        _received_at,
        _loaded_at
    from versions
)

select * from renamed
