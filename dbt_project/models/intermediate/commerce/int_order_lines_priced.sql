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

rates as (
    select * from {{ ref('int_exchange_rates_filled') }}
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
        * case
            when products.currency = orders.currency then products.unit_cost_amount
            else {{ as_amount('products.unit_cost_amount * ' ~ divide(
                rate_of('products.currency', 'cost_rates.exchange_rate'),
                rate_of('orders.currency', 'order_rates.exchange_rate')
            )) }}
        end as goods_cost_amount,
        lines.is_return,
        orders.is_valid
    from lines
    inner join orders on lines.order_id = orders.order_id
    left join products on lines.product_id = products.product_id
    left join rates as order_rates
        on
            orders.currency = order_rates.currency
            and orders.business_date = order_rates.business_date
    left join rates as cost_rates
        on
            products.currency = cost_rates.currency
            and orders.business_date = cost_rates.business_date
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
