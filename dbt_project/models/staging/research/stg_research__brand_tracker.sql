with versions as (
    {{ latest_version(source('research', 'brand_tracker')) }}
),

renamed as (
    select
        brand,
        measure,
        region,
        {{ brand_id() }} as brand_id,
        share,
        respondent_count,
        is_own,
        wave_date,
        _delivery_id,
        _received_at,
        _loaded_at
    from versions
)

select * from renamed
