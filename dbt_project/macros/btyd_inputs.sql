{# BTYD sufficient statistics per customer from order days (customer_id, business_date,
   net_revenue_amount) up to a date, in weeks; spend is the mean net per repeat order day. #}
{% macro btyd_inputs(order_days, until) -%}
    select
        customer_id,
        cast(count(*) - 1 as integer) as btyd_x,
        cast({{ days_between('min(business_date)', 'max(business_date)') }} as double) / 7 as btyd_tx,
        cast({{ days_between('min(business_date)', until) }} as double) / 7 as btyd_t,
        cast(
            sum(case when business_date > first_date then net_revenue_amount end) as double
        ) / nullif(count(*) - 1, 0) as mean_repeat_amount,
        {{ as_amount('sum(net_revenue_amount)') }} as net_revenue_amount
    from (
        select
            *,
            min(business_date) over (partition by customer_id) as first_date
        from {{ order_days }}
        where business_date <= {{ until }}
    ) as known_days
    group by customer_id
{%- endmacro %}
