with orders as (
    select * from {{ ref('int_orders_unioned') }}
),

prices as (
    select * from {{ ref('int_orders_priced') }}
),

payments as (
    select * from {{ ref('int_order_payments_summarised') }}
),

contact_keys as (
    select * from {{ ref('stg_identity__contact_keys') }}
),

line_margins as (
    select
        order_id,
        sum(estimated_margin_amount_reporting) as margin_amount
    from {{ ref('fct_order_lines') }}
    group by order_id
),

{# Of what earned the net revenue whose cost is known: for orders of which only the header is. #}
base_margins as (
    select
        {{ divide(
            'sum(net_revenue_amount_reporting - goods_cost_amount_reporting)',
            'sum(net_revenue_amount_reporting)'
        ) }} as margin_rate
    from {{ ref('fct_order_lines') }}
    where is_valid and goods_cost_amount_reporting is not null
),

numbered as (
    select
        order_id,
        row_number() over (
            partition by customer_id order by ordered_at, order_id
        ) as order_number
    from orders
    where is_valid and customer_id is not null
),

first_orders as (
    select order_id from numbered
    where order_number = 1
),

facts as (
    select
        orders.order_id,
        orders.source_order_id,
        orders.customer_id,
        {{ open_identity_key('orders.identity_key') }} as identity_key,
        orders.store_id,
        orders.brand_id,
        orders.source,
        orders.channel,
        orders.sales_method,
        orders.status,
        coalesce(orders.payment_method, payments.payment_method) as payment_method,
        orders.coupon_code,
        orders.currency,
        prices.line_count,
        prices.unit_count,
        prices.returned_unit_count,
        prices.gross_amount,
        prices.discount_amount,
        prices.returns_amount,
        prices.tax_amount,
        prices.shipping_amount,
        prices.net_revenue_amount,
        prices.goods_cost_amount,
        prices.margin_amount,
        payments.paid_amount,
        prices.exchange_rate,
        '{{ var("reporting_currency") }}' as reporting_currency,
        prices.gross_amount_reporting,
        prices.discount_amount_reporting,
        prices.returns_amount_reporting,
        prices.tax_amount_reporting,
        prices.shipping_amount_reporting,
        prices.net_revenue_amount_reporting,
        prices.goods_cost_amount_reporting,
        prices.margin_amount_reporting,
        {{ as_amount('case when orders.is_valid then coalesce('
            ~ 'line_margins.margin_amount, '
            ~ 'round(prices.net_revenue_amount_reporting * base_margins.margin_rate, 2)) end') }}
            as estimated_margin_amount_reporting,
        orders.is_valid,
        orders.customer_id is null as is_anonymous,
        first_orders.order_id is not null as is_first_order,
        orders.is_late,
        orders.business_date,
        orders.ordered_at,
        orders.delivered_at,
        orders.estimated_delivery_at,
        orders.known_at
    from orders
    inner join prices on orders.order_id = prices.order_id
    cross join base_margins
    left join line_margins on orders.order_id = line_margins.order_id
    left join payments on orders.order_id = payments.order_id
    left join first_orders on orders.order_id = first_orders.order_id
    left join contact_keys on orders.identity_key = contact_keys.identity_key
)

select * from facts
