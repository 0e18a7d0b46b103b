with lines as (
    select
        *,
        gross_amount < 0 as is_return
    from {{ ref('int_order_lines_unioned') }}
),

orders as (
    select * from {{ ref('int_orders_unioned') }}
),

products as (
    select
        product_id,
        unit_cost_amount,
        coalesce(currency, '{{ var("reporting_currency") }}') as currency
    from {{ ref('stg_catalog__products') }}
),

priced as (
    select
        lines.order_id,
        lines.line_number,
        lines.product_id,
        lines.seller_id,
        orders.currency,
        lines.quantity,
        lines.list_price_amount,
        case when lines.is_return then 0 else lines.gross_amount end as gross_amount,
        case when lines.is_return then 0 else coalesce(lines.discount_amount, 0) end
            as discount_amount,
        case
            when lines.is_return then coalesce(lines.discount_amount, 0) - lines.gross_amount else 0
        end as returns_amount,
        lines.tax_amount,
        coalesce(lines.shipping_amount, 0) as shipping_amount,
        case
            when orders.is_valid
                then
                    lines.gross_amount
                    - coalesce(lines.discount_amount, 0)
                    - coalesce(lines.tax_amount, 0)
            else 0
        end as net_revenue_amount,
        case when lines.is_return then -abs(lines.quantity) else lines.quantity end
        * products.unit_cost_amount as goods_cost_amount,
        lines.is_return,
        orders.is_valid
    from lines
    inner join orders on lines.order_id = orders.order_id
    left join
        products
        on lines.product_id = products.product_id and orders.currency = products.currency
),

typed as (
    select
        order_id,
        line_number,
        product_id,
        seller_id,
        currency,
        quantity,
        list_price_amount,
        {{ as_amount('gross_amount') }} as gross_amount,
        {{ as_amount('discount_amount') }} as discount_amount,
        {{ as_amount('returns_amount') }} as returns_amount,
        {{ as_amount('tax_amount') }} as tax_amount,
        {{ as_amount('shipping_amount') }} as shipping_amount,
        {{ as_amount('net_revenue_amount') }} as net_revenue_amount,
        {{ as_amount('goods_cost_amount') }} as goods_cost_amount,
        is_return,
        is_valid
    from priced
)

select * from typed
