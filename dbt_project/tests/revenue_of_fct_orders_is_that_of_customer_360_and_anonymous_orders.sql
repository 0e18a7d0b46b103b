{{ config(meta={'dagster': {'ref': {'name': 'customer_360'}}}) }}

with facts as (
    select
        count(case when is_valid and not is_anonymous then 1 end) as order_count,
        count(distinct case when is_valid then customer_id end) as customer_count,
        coalesce(sum(net_revenue_amount_reporting), 0) as net_amount,
        coalesce(sum(case when is_anonymous then net_revenue_amount_reporting end), 0)
            as anonymous_net_amount
    from {{ ref('fct_orders') }}
),

customers as (
    select
        coalesce(sum(order_count), 0) as order_count,
        count(case when is_customer then 1 end) as customer_count,
        coalesce(sum(net_revenue_amount), 0) as net_amount
    from {{ ref('customer_360') }}
),

known_customers as (
    select count(*) as row_count from {{ ref('dim_customers') }}
),

profiled_customers as (
    select count(*) as row_count from {{ ref('customer_360') }}
)

select
    customers.order_count,
    facts.order_count as expected_order_count,
    customers.customer_count,
    facts.customer_count as expected_customer_count,
    customers.net_amount,
    facts.net_amount - facts.anonymous_net_amount as expected_net_amount,
    profiled_customers.row_count,
    known_customers.row_count as expected_row_count
from facts
cross join customers
cross join known_customers
cross join profiled_customers
where
    customers.order_count <> facts.order_count
    or customers.customer_count <> facts.customer_count
    or customers.net_amount + facts.anonymous_net_amount <> facts.net_amount
    or profiled_customers.row_count <> known_customers.row_count
