with lines as (
    select * from {{ ref('int_order_lines_priced') }}
),

orders as (
    select * from {{ ref('int_orders_unioned') }}
),

prices as (
    select
        order_id,
        exchange_rate
    from {{ ref('int_orders_priced') }}
),

facts as (
    select
        lines.order_id,
        lines.line_number,
        lines.product_id,
        lines.seller_id,
        orders.customer_id,
        orders.store_id,
        lines.currency,
        lines.quantity,
        lines.list_price_amount,
        lines.gross_amount,
        lines.discount_amount,
        lines.returns_amount,
        lines.tax_amount,
        lines.shipping_amount,
        lines.net_revenue_amount,
        lines.goods_cost_amount,
        {{ to_reporting('lines.gross_amount', 'prices.exchange_rate') }} as gross_amount_reporting,
        {{ to_reporting('lines.net_revenue_amount', 'prices.exchange_rate') }}
            as net_revenue_amount_reporting,
        {{ to_reporting('lines.goods_cost_amount', 'prices.exchange_rate') }}
            as goods_cost_amount_reporting,
        lines.is_return,
        lines.is_valid,
        orders.is_late,
        orders.business_date,
        orders.known_at
    from lines
    inner join orders on lines.order_id = orders.order_id
    inner join prices on lines.order_id = prices.order_id
)

select * from facts
