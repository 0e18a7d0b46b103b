{% set shares = {'to 10 %': 0.1, 'to 25 %': 0.25, 'to 50 %': 0.5} %}
with orders as (
    select
        *,
        {{ period_start('month', 'business_date') }} as month,
        {{ divide('discount_amount_reporting', 'gross_amount_reporting') }} as discount_share
    from {{ ref('fct_orders') }}
    where is_valid
),

order_parts as (
    select
        month,
        order_id,
        customer_id,
        unit_count,
        gross_amount_reporting as gross_amount,
        discount_amount_reporting as discount_amount,
        net_revenue_amount_reporting as net_revenue_amount,
        estimated_margin_amount_reporting as margin_amount,
        brand_id as brand,
        channel,
        coalesce(sales_method, 'unknown') as sales_method,
        coalesce(payment_method, 'unknown') as payment_method,
        coalesce(store_id, 'none') as store,
        case when coupon_code is null then 'without' else 'with' end as coupon,
        case
            when is_anonymous then 'anonymous'
            when is_first_order then 'new'
            else 'returning'
        end as customer_type,
        case
            when coalesce(discount_amount_reporting, 0) <= 0 then 'none'
            {% for name, share in shares.items() %}
                when discount_share <= {{ share }} then '{{ name }}'
            {% endfor %}
            else 'above 50 %'
        end as discount_band
    from orders
),

line_parts as (
    select
        orders.month,
        orders.order_id,
        orders.customer_id,
        case when lines.is_return then 0 else lines.quantity end as unit_count,
        lines.gross_amount_reporting as gross_amount,
        lines.discount_amount_reporting as discount_amount,
        lines.net_revenue_amount_reporting as net_revenue_amount,
        lines.estimated_margin_amount_reporting as margin_amount,
        coalesce(products.department, 'unknown') as department,
        coalesce(products.category, products.department, 'unknown') as category,
        coalesce(products.brand, 'unknown') as product_brand
    from orders
    inner join {{ ref('fct_order_lines') }} as lines on orders.order_id = lines.order_id
    left join {{ ref('dim_products') }} as products on lines.product_id = products.product_id
    union all
    {# Of an order without lines nobody knows what was sold. #}
    select
        month,
        order_id,
        customer_id,
        unit_count,
        gross_amount_reporting as gross_amount,
        discount_amount_reporting as discount_amount,
        net_revenue_amount_reporting as net_revenue_amount,
        estimated_margin_amount_reporting as margin_amount,
        'unknown' as department,
        'unknown' as category,
        'unknown' as product_brand
    from orders
    where line_count = 0
),

counted as (
    {% for parts, breakdowns in {
        'order_parts': [
            'brand', 'channel', 'sales_method', 'payment_method', 'store', 'coupon',
            'customer_type', 'discount_band',
        ],
        'line_parts': ['department', 'category', 'product_brand'],
    }.items() %}
        {% set outer = loop %}
        {% for breakdown in breakdowns %}
            select
                month,
                '{{ breakdown }}' as breakdown,
                {{ breakdown }} as breakdown_value,
                count(distinct order_id) as order_count,
                count(distinct customer_id) as customer_count,
                sum(unit_count) as unit_count,
                sum(gross_amount) as gross_amount,
                sum(discount_amount) as discount_amount,
                sum(net_revenue_amount) as net_revenue_amount,
                sum(margin_amount) as margin_amount
            from {{ parts }}
            group by month, {{ breakdown }}
            {{ 'union all' if not (loop.last and outer.last) }}
        {% endfor %}
    {% endfor %}
),

totals as (
    select
        month,
        count(*) as month_order_count,
        sum(net_revenue_amount_reporting) as month_net_revenue_amount
    from orders
    group by month
),

mixed as (
    select
        counted.month,
        counted.breakdown,
        counted.breakdown_value,
        '{{ var("reporting_currency") }}' as currency,
        counted.order_count,
        counted.customer_count,
        {{ as_amount('coalesce(counted.unit_count, 0)') }} as unit_count,
        {{ as_amount('coalesce(counted.gross_amount, 0)') }} as gross_amount,
        {{ as_amount('coalesce(counted.discount_amount, 0)') }} as discount_amount,
        {{ as_amount('counted.net_revenue_amount') }} as net_revenue_amount,
        {{ as_amount('counted.margin_amount') }} as margin_amount,
        {{ divide('counted.order_count', 'totals.month_order_count') }} as order_rate,
        {{ divide('counted.net_revenue_amount', 'totals.month_net_revenue_amount') }}
            as net_revenue_rate,
        {{ divide('counted.discount_amount', 'counted.gross_amount') }} as discount_rate,
        {{ month_end('counted.month') }} > {{ as_of_date() }} as is_unfinished
    from counted
    inner join totals on counted.month = totals.month
)

select * from mixed
