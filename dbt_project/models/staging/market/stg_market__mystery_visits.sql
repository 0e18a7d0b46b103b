with versions as (
    {{ latest_version(source('market', 'mystery_visits')) }}
),

renamed as (
    select
        visit_id,
        store_id,
        shopper_id,
        {{ brand_id() }} as brand_id,
        company,
        region,
        channel,
        comment,
        language,
        total_score,
        score_max,
        is_own,
        {{ business_date('visited_at') }} as business_date,
        visited_at,
        updated_at,
        _delivery_id,
        _received_at,
        _loaded_at
    from versions
)

select * from renamed
