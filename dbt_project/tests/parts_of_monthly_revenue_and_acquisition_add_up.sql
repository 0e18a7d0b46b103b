{{ config(meta={'dagster': {'ref': {'name': 'metrics_monthly_revenue_mix'}}}) }}

with orders as (
    select
        coalesce(sum(net_revenue_amount_reporting), 0) as net_amount,
        count(case when is_first_order then 1 end) as new_customer_count
    from {{ ref('fct_orders') }}
    where is_valid
),

mixes as (
    select
        breakdown,
        sum(net_revenue_amount) as net_amount
    from {{ ref('metrics_monthly_revenue_mix') }}
    group by breakdown
),

acquisitions as (
    select
        breakdown,
        sum(acquired_customer_count) as new_customer_count
    from {{ ref('metrics_monthly_acquisition') }}
    group by breakdown
)

select
    mixes.breakdown,
    mixes.net_amount as found,
    orders.net_amount as expected
from mixes
cross join orders
where mixes.net_amount <> orders.net_amount
union all
select
    acquisitions.breakdown,
    acquisitions.new_customer_count as found,
    orders.new_customer_count as expected
from acquisitions
cross join orders
where acquisitions.new_customer_count <> orders.new_customer_count
