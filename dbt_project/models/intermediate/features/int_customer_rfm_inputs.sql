with order_days as (
    select * from {{ ref('int_customer_order_days') }}
),

in_window as (
    select * from order_days
    {% if var('rfm_window_months') -%}
        where business_date > {{ add_months(as_of_date(), -var('rfm_window_months')) }}
    {%- endif %}
),

summarised as (
    select
        customer_id,
        {{ days_between('max(business_date)', as_of_date()) }} as recency_days,
        count(*) as order_day_count,
        {{ as_amount('sum(net_revenue_amount)') }} as net_revenue_amount
    from in_window
    group by customer_id
)

select * from summarised
