with versions as (
    {{ latest_version(source('context', 'weather')) }}
),

renamed as (
    select
        region,
        {{ brand_id() }} as brand_id,
        condition,
        temperature_mean_c,
        temperature_max_c,
        precipitation_mm,
        weather_date,
        _delivery_id,
        _received_at,
        _loaded_at
    from versions
)

select * from renamed
