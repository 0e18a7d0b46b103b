{{ config(meta={'dagster': {'ref': {'name': 'metrics_daily_revenue'}}}) }}

with facts as (
    select
        count(*) as order_count,
        coalesce(sum(gross_amount_reporting), 0) as gross_amount,
        coalesce(sum(discount_amount_reporting), 0) as discount_amount,
        coalesce(sum(net_revenue_amount_reporting), 0) as net_amount,
        coalesce(sum(estimated_margin_amount_reporting), 0) as margin_amount
    from {{ ref('fct_orders') }}
    where is_valid
),

metrics as (
    select
        coalesce(sum(order_count), 0) as order_count,
        coalesce(sum(gross_amount), 0) as gross_amount,
        coalesce(sum(discount_amount), 0) as discount_amount,
        coalesce(sum(net_revenue_amount), 0) as net_amount,
        coalesce(sum(cohort_net_revenue_amount), 0) as cohort_net_amount,
        coalesce(sum(margin_amount), 0) as margin_amount,
        coalesce(sum(cohort_margin_amount), 0) as cohort_margin_amount
    from {{ ref('metrics_daily_revenue') }}
)

select
    facts.*,
    metrics.net_amount as found_net_amount,
    metrics.cohort_net_amount as found_cohort_net_amount,
    metrics.margin_amount as found_margin_amount
from facts
cross join metrics
where
    metrics.order_count <> facts.order_count
    or metrics.gross_amount <> facts.gross_amount
    or metrics.discount_amount <> facts.discount_amount
    or metrics.net_amount <> facts.net_amount
    or metrics.cohort_net_amount <> facts.net_amount
    or metrics.margin_amount <> facts.margin_amount
    or metrics.cohort_margin_amount <> facts.margin_amount
