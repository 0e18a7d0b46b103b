with versions as (
    {{ latest_version(source('context', 'industry_index')) }}
),

renamed as (
    select
        industry,
        country_code,
        {{ brand_id() }} as brand_id,
        base_period,
        index_value,
        is_provisional,
        period_start_date,
        published_at,
        _delivery_id,
        _received_at,
        _loaded_at
    from versions
)

select * from renamed
