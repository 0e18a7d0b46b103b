{{ config(meta={'dagster': {'ref': {'name': 'fct_order_lines'}}}) }}

with lines as (
    select
        count(*) as line_count,
        coalesce(sum(net_revenue_amount), 0) as net_amount
    from {{ ref('fct_order_lines') }}
),

orders as (
    select
        coalesce(sum(line_count), 0) as line_count,
        coalesce(sum(case when line_count > 0 then net_revenue_amount end), 0) as net_amount
    from {{ ref('fct_orders') }}
)

select
    lines.line_count,
    orders.line_count as expected_line_count,
    lines.net_amount,
    orders.net_amount as expected_net_amount
from lines
cross join orders
where lines.line_count <> orders.line_count or lines.net_amount <> orders.net_amount
