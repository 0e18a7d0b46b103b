{# Channels and regions part all answers, touchpoints all moments; some stores are unknown. #}
with parts as (
    select
        month,
        window_months,
        brand_id,
        measure,
        survey_type,
        scale,
        touchpoint,
        sum(case when breakdown = 'all' then case_count end) as case_count,
        sum(case when breakdown = 'channel' then case_count end) as case_count_by_channel,
        sum(case when breakdown = 'region' then favourable_count end) as favourable_by_region,
        sum(case when breakdown = 'all' then favourable_count end) as favourable_count
    from {{ ref('metrics_monthly_satisfaction') }}
    group by month, window_months, brand_id, measure, survey_type, scale, touchpoint
),

moments as (
    select
        month,
        window_months,
        brand_id,
        measure,
        survey_type,
        scale,
        sum(case when touchpoint = 'all' then case_count end) as case_count,
        sum(case when touchpoint <> 'all' then case_count end) as case_count_by_touchpoint
    from parts
    where touchpoint <> 'relationship'
    group by month, window_months, brand_id, measure, survey_type, scale
)

select
    month,
    window_months,
    measure,
    survey_type,
    touchpoint
from parts
where
    case_count_by_channel is distinct from case_count
    or favourable_by_region is distinct from favourable_count
union all
select
    month,
    window_months,
    measure,
    survey_type,
    'all' as touchpoint
from moments
where case_count_by_touchpoint is distinct from case_count
