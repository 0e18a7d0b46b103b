with versions as (
    {{ latest_version(source('research', 'panel_answers')) }}
),

renamed as (
    select
        panelist_id,
        wave,
        question,
        customer_id as research_customer_id,
        {{ brand_id() }} as brand_id,
        answer,
        age_band,
        gender,
        region,
        score,
        scale_min,
        scale_max,
        weight,
        answered_date,
        _delivery_id,
        _received_at,
        _loaded_at
    from versions
)

select * from renamed
