with orders as (
    select * from {{ ref('fct_orders') }}
),

order_days as (
    select * from {{ ref('int_customer_order_days') }}
),

dates as (
    select business_date from {{ ref('dim_dates') }}
    where business_date >= (select min(orders.business_date) from orders)
),

order_totals as (
    select
        business_date,
        count(case when is_valid then 1 end) as order_count,
        count(case when not is_valid then 1 end) as canceled_order_count,
        count(case when is_valid and is_anonymous then 1 end) as anonymous_order_count,
        count(distinct case when is_valid then customer_id end) as customer_count,
        count(case when is_first_order then 1 end) as new_customer_count,
        {% for column in ['unit_count', 'returned_unit_count'] %}
            sum(case when is_valid then {{ column }} end) as {{ column }},
        {% endfor %}
        {% for amount in ['gross', 'discount', 'returns', 'tax', 'shipping', 'margin'] %}
            sum(case when is_valid then {{ amount }}_amount_reporting end) as {{ amount }}_amount,
        {% endfor %}
        sum(net_revenue_amount_reporting) as net_revenue_amount,
        sum(case when is_anonymous then net_revenue_amount_reporting end)
            as anonymous_net_revenue_amount
    from orders
    group by business_date
),

activity_changes as (
    select
        business_date,
        1 as change
    from order_days
    where gap_days is null or gap_days > {{ var('active_customer_days') }}
    union all
    select
        {{ add_days('business_date', var('active_customer_days')) }} as business_date,
        -1 as change
    from order_days
    where
        next_business_date is null
        or {{ days_between('business_date', 'next_business_date') }}
        > {{ var('active_customer_days') }}
),

daily_changes as (
    select
        business_date,
        sum(change) as change
    from activity_changes
    group by business_date
),

daily as (
    select
        dates.business_date,
        '{{ var("reporting_currency") }}' as currency,
        {% for column in [
            'order_count', 'canceled_order_count', 'anonymous_order_count', 'customer_count', 'new_customer_count',
        ] %}
            coalesce(order_totals.{{ column }}, 0) as {{ column }},
        {% endfor %}
        cast(sum(coalesce(daily_changes.change, 0)) over (order by dates.business_date) as bigint)
            as active_customer_count,
        {% for column in [
            'unit_count', 'returned_unit_count', 'gross_amount', 'discount_amount', 'returns_amount', 'tax_amount',
            'shipping_amount', 'net_revenue_amount', 'anonymous_net_revenue_amount',
        ] %}
            {{ as_amount('coalesce(order_totals.' ~ column ~ ', 0)') }} as {{ column }},
        {% endfor %}
        {{ as_amount('order_totals.margin_amount') }} as margin_amount,
        {{ divide('order_totals.net_revenue_amount', 'order_totals.order_count') }}
            as average_order_value_amount
    from dates
    left join order_totals on dates.business_date = order_totals.business_date
    left join daily_changes on dates.business_date = daily_changes.business_date
)

select * from daily
