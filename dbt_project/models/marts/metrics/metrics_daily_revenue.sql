{% set keys = [
    'business_date', 'brand_id', 'channel', 'sales_method', 'payment_method', 'store_id',
] %}
{% set counts = [
    'order_count', 'new_customer_count', 'anonymous_order_count', 'discounted_order_count',
] %}
{% set sold = [
    'unit_count', 'gross_amount', 'discount_amount', 'shipping_amount', 'sold_net_amount',
    'sold_margin_amount',
] %}
{% set returned = [
    'returned_net_amount', 'returned_margin_amount', 'cohort_returned_net_amount',
    'cohort_returned_margin_amount',
] %}
with orders as (
    select
        *,
        coalesce(sales_method, 'unknown') as sales_method_name,
        coalesce(payment_method, 'unknown') as payment_method_name,
        coalesce(store_id, 'none') as store_name
    from {{ ref('fct_orders') }}
    where is_valid
),

returns as (
    select * from {{ ref('fct_returns') }}
    where is_valid
),

returned_by_order as (
    select
        order_id,
        sum(net_amount_reporting) as net_amount,
        sum(estimated_margin_amount_reporting) as margin_amount
    from returns
    group by order_id
),

{# What is sold on its date; what comes back on the date of the return, and on that of the sale. #}
movements as (
    select
        1 as order_count,
        cast(orders.is_first_order as integer) as new_customer_count,
        cast(orders.is_anonymous as integer) as anonymous_order_count,
        case when orders.discount_amount_reporting > 0 then 1 else 0 end as discounted_order_count,
        orders.unit_count,
        orders.gross_amount_reporting as gross_amount,
        orders.discount_amount_reporting as discount_amount,
        orders.shipping_amount_reporting as shipping_amount,
        orders.net_revenue_amount_reporting + coalesce(returned_by_order.net_amount, 0)
            as sold_net_amount,
        orders.estimated_margin_amount_reporting + coalesce(returned_by_order.margin_amount, 0)
            as sold_margin_amount,
        {% for amount in returned %}
            0 as {{ amount }},
        {% endfor %}
        orders.order_id,
        orders.business_date
    from orders
    left join returned_by_order on orders.order_id = returned_by_order.order_id
    {% for order_id, date, view in [
        ('order_id', 'business_date', ''), ('sold_order_id', 'sold_date', 'cohort_'),
    ] %}
        union all
        select
            {% for column in counts + sold %}
                0 as {{ column }},
            {% endfor %}
            {% for amount in returned %}
                {{ {
                    view ~ 'returned_net_amount': 'net_amount_reporting',
                    view ~ 'returned_margin_amount': 'estimated_margin_amount_reporting',
                }.get(amount, 0) }} as {{ amount }},
            {% endfor %}
            {{ order_id }} as order_id,
            {{ date }} as business_date
        from returns
    {% endfor %}
),

totals as (
    select
        {% for column in counts %}
            cast(sum(movements.{{ column }}) as bigint) as {{ column }},
        {% endfor %}
        {% for column in sold + returned %}
            {{ as_amount('coalesce(sum(movements.' ~ column ~ '), 0)') }} as {{ column }},
        {% endfor %}
        movements.business_date,
        orders.brand_id,
        orders.channel,
        orders.sales_method_name as sales_method,
        orders.payment_method_name as payment_method,
        orders.store_name as store_id
    from movements
    inner join orders on movements.order_id = orders.order_id
    group by
        movements.business_date, orders.brand_id, orders.channel, orders.sales_method_name,
        orders.payment_method_name, orders.store_name
),

daily as (
    select
        {{ keys | join(', ') }},
        '{{ var("reporting_currency") }}' as currency,
        {{ (counts + sold[:5]) | join(', ') }},
        returned_net_amount,
        cohort_returned_net_amount,
        {{ as_amount('sold_net_amount - returned_net_amount') }} as net_revenue_amount,
        {{ as_amount('sold_net_amount - cohort_returned_net_amount') }}
            as cohort_net_revenue_amount,
        {{ as_amount('sold_margin_amount - returned_margin_amount') }} as margin_amount,
        {{ as_amount('sold_margin_amount - cohort_returned_margin_amount') }}
            as cohort_margin_amount
    from totals
)

select * from daily
