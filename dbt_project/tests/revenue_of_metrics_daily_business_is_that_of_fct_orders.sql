{{ config(meta={'dagster': {'ref': {'name': 'metrics_daily_business'}}}) }}

with facts as (
    select
        count(case when is_valid then 1 end) as order_count,
        count(case when is_first_order then 1 end) as new_customer_count,
        coalesce(sum(net_revenue_amount_reporting), 0) as net_amount
    from {{ ref('fct_orders') }}
),

metrics as (
    select
        coalesce(sum(order_count), 0) as order_count,
        coalesce(sum(new_customer_count), 0) as new_customer_count,
        coalesce(sum(net_revenue_amount), 0) as net_amount
    from {{ ref('metrics_daily_business') }}
)

select
    metrics.order_count,
    facts.order_count as expected_order_count,
    metrics.new_customer_count,
    facts.new_customer_count as expected_new_customer_count,
    metrics.net_amount,
    facts.net_amount as expected_net_amount
from facts
cross join metrics
where
    metrics.order_count <> facts.order_count
    or metrics.new_customer_count <> facts.new_customer_count
    or metrics.net_amount <> facts.net_amount
