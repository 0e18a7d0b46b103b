with versions as (
    {{ latest_version(source('market', 'mystery_scores')) }}
),

renamed as (
    select
        visit_id,
        criterion,
        {{ brand_id() }} as brand_id,
        score,
        score_max,
        weight,
        _delivery_id,
        _received_at,
        _loaded_at
    from versions
)

select * from renamed
