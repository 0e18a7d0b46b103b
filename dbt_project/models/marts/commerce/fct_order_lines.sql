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

products as (
    select
        product_id,
        coalesce(category, department) as category
    from {{ ref('stg_catalog__products') }}
),

joined as (
    select
        lines.*,
        orders.brand_id,
        orders.customer_id,
        orders.store_id,
        products.category,
        prices.exchange_rate,
        orders.is_late,
        orders.business_date,
        orders.known_at
    from lines
    inner join orders on lines.order_id = orders.order_id
    inner join prices on lines.order_id = prices.order_id
    left join products on lines.product_id = products.product_id
),

converted as (
    select
        {% for amount in ['gross', 'discount', 'returns', 'tax', 'net_revenue', 'goods_cost'] %}
            {{ to_reporting_by_line(amount ~ '_amount') }} as {{ amount }}_amount_reporting,
        {% endfor %}
        *
    from joined
    window lines_to_here as (
        partition by order_id order by line_number
        rows between unbounded preceding and current row
    )
),

known_margins as (
    select
        category,
        sum(net_revenue_amount_reporting) as net_revenue_amount,
        sum(net_revenue_amount_reporting - goods_cost_amount_reporting) as margin_amount
    from converted
    where is_valid and goods_cost_amount_reporting is not null
    group by category
),

margin_rates as (
    select
        category,
        {{ divide('margin_amount', 'net_revenue_amount') }} as margin_rate
    from known_margins
),

base_margins as (
    select {{ divide('sum(margin_amount)', 'sum(net_revenue_amount)') }} as margin_rate
    from known_margins
),

facts as (
    select
        converted.order_id,
        converted.line_number,
        converted.product_id,
        converted.seller_id,
        converted.customer_id,
        converted.store_id,
        converted.brand_id,
        converted.currency,
        converted.quantity,
        converted.list_price_amount,
        converted.gross_amount,
        converted.discount_amount,
        converted.returns_amount,
        converted.tax_amount,
        converted.shipping_amount,
        converted.net_revenue_amount,
        converted.goods_cost_amount,
        converted.gross_amount_reporting,
        converted.discount_amount_reporting,
        converted.returns_amount_reporting,
        converted.tax_amount_reporting,
        converted.net_revenue_amount_reporting,
        converted.goods_cost_amount_reporting,
        {{ as_amount('case when converted.is_valid then coalesce('
            ~ 'converted.net_revenue_amount_reporting - converted.goods_cost_amount_reporting, '
            ~ 'round(converted.net_revenue_amount_reporting '
            ~ '* coalesce(margin_rates.margin_rate, base_margins.margin_rate), 2)) end') }}
            as estimated_margin_amount_reporting,
        converted.is_return,
        converted.is_valid,
        converted.is_late,
        converted.business_date,
        converted.known_at
    from converted
    cross join base_margins
    left join margin_rates on converted.category = margin_rates.category
)

select * from facts
