{{ config(meta={'dagster': {'ref': {'name': 'fct_orders'}}}) }}

{% set amounts = [
    'gross_amount', 'discount_amount', 'returns_amount', 'net_revenue_amount',
    'gross_amount_reporting', 'discount_amount_reporting', 'returns_amount_reporting',
    'tax_amount_reporting', 'net_revenue_amount_reporting', 'estimated_margin_amount_reporting',
] %}
with lines as (
    select
        order_id,
        {% for amount in amounts %}
            coalesce(sum({{ amount }}), 0) as {{ amount }},
        {% endfor %}
        count(*) as line_count
    from {{ ref('fct_order_lines') }}
    group by order_id
)

select
    orders.order_id,
    orders.line_count as expected_line_count,
    lines.line_count
from {{ ref('fct_orders') }} as orders
full outer join lines on orders.order_id = lines.order_id
where
    orders.line_count > 0
    and (
        lines.order_id is null
        or lines.line_count <> orders.line_count
        {% for amount in amounts %}
            or lines.{{ amount }} <> coalesce(orders.{{ amount }}, 0)
        {% endfor %}
    )
    or orders.order_id is null
