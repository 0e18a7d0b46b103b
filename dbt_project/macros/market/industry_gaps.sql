{# Growth over the same month of the year before: own net revenue against the industry's index. #}
{% macro industry_gaps() -%}
    select
        industry.period_start_date as month,
        1 as window_months,
        industry.brand_id,
        'industry' as topic,
        'revenue_growth' as measure,
        industry.industry as company,
        industry.country_code as part,
        'share' as unit,
        {{ divide('own.net_revenue_amount', 'own_before.net_revenue_amount') }} - 1 as own_value,
        industry.index_value / nullif(before.index_value, 0) - 1 as other_value,
        {{ divide('own.net_revenue_amount', 'own_before.net_revenue_amount') }}
        - industry.index_value / nullif(before.index_value, 0) as gap,
        cast(null as double) as gap_lower,
        cast(null as double) as gap_upper,
        cast(own.order_count as bigint) as own_count,
        cast(null as bigint) as other_count,
        cast(null as double) as best_value,
        coalesce(industry.is_provisional, false) as is_provisional
    from {{ ref('stg_context__industry_index') }} as industry
    inner join {{ ref('stg_context__industry_index') }} as before
        on
            industry.industry = before.industry
            and industry.country_code = before.country_code
            and industry.brand_id = before.brand_id
            and industry.base_period = before.base_period
            and {{ add_months('before.period_start_date', 12) }} = industry.period_start_date
    left join own_revenue as own
        on
            industry.period_start_date = own.month
            and industry.brand_id = own.brand_id
    left join own_revenue as own_before
        on
            before.period_start_date = own_before.month
            and before.brand_id = own_before.brand_id
    where {{ until_as_of('industry.period_start_date') }}
{%- endmacro %}

{# One row per month and brand that is over, with its valid orders and their net revenue. #}
{% macro own_revenue() -%}
    select
        {{ period_start('month', 'orders.business_date') }} as month,
        orders.brand_id,
        count(*) as order_count,
        sum(prices.net_revenue_amount_reporting) as net_revenue_amount
    from {{ ref('int_orders_unioned') }} as orders
    inner join {{ ref('int_orders_priced') }} as prices on orders.order_id = prices.order_id
    where orders.is_valid and {{ until_as_of(month_end('orders.business_date')) }}
    group by {{ period_start('month', 'orders.business_date') }}, orders.brand_id
{%- endmacro %}
