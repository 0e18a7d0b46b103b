with versions as (
    {{ latest_version(source('market', 'benchmarks')) }}
),

renamed as (
    select
        measure,
        industry,
        region,
        {{ brand_id() }} as brand_id,
        unit,
        own_value,
        market_value,
        best_value,
        sample_size,
        period_start_date,
        _delivery_id,
        _received_at,
        _loaded_at
    from versions
)

select * from renamed
