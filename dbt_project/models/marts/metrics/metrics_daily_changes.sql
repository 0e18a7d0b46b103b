{% set periods = {'day': 1, 'week': 7, 'month': 28} %}

with segments as (
    select * from {{ ref('stg_ml__customer_rfm') }}
),

orders as (
    select
        orders.business_date,
        coalesce(orders.sales_method, 'unknown') as channel,
        case
            when orders.customer_id is null then 'anonymous'
            else coalesce(segments.rfm_segment, 'none')
        end as segment,
        orders.order_id,
        orders.line_count,
        orders.net_revenue_amount_reporting as amount
    from {{ ref('fct_orders') }} as orders
    left join segments on orders.customer_id = segments.customer_id
    where orders.is_valid and {{ within_days('orders.business_date', 2 * periods.month) }}
),

products as (
    select
        lines.business_date,
        coalesce(products.category, 'unknown') as product,
        lines.quantity,
        lines.net_revenue_amount_reporting as amount
    from {{ ref('fct_order_lines') }} as lines
    left join {{ ref('dim_products') }} as products on lines.product_id = products.product_id
    where lines.is_valid and {{ within_days('lines.business_date', 2 * periods.month) }}
    union all
    select
        business_date,
        'unknown' as product,
        0 as quantity,
        amount
    from orders
    where coalesce(line_count, 0) = 0
),

sessions as (
    select
        sessions.business_date,
        coalesce(sessions.channel_group, 'unknown') as channel,
        case
            when sessions.customer_id is null then 'anonymous'
            else coalesce(segments.rfm_segment, 'none')
        end as segment,
        sessions.is_converted
    from {{ ref('fct_web_sessions') }} as sessions
    left join segments on sessions.customer_id = segments.customer_id
    where
        not sessions.is_bot
        and not sessions.is_internal
        and {{ within_days('sessions.business_date', 2 * periods.month) }}
),

{# What is counted, and how much of it: a figure is the sum of amounts, or amounts per count. #}
parts as (
    {% for dimension in ['channel', 'segment'] %}
        {% for metric in ['net_revenue', 'average_order_value'] %}
            select
                '{{ metric }}' as metric,
                '{{ dimension }}' as dimension,
                {{ dimension }} as dimension_value,
                business_date,
                cast(count(*) as decimal(18, 4)) as counted,
                cast(sum(amount) as decimal(18, 4)) as amount
            from orders
            group by {{ dimension }}, business_date
            union all
        {% endfor %}
        select
            'session_conversion' as metric,
            '{{ dimension }}' as dimension,
            {{ dimension }} as dimension_value,
            business_date,
            cast(count(*) as decimal(18, 4)) as counted,
            cast(count(case when is_converted then 1 end) as decimal(18, 4)) as amount
        from sessions
        group by {{ dimension }}, business_date
        union all
    {% endfor %}
    select
        'net_revenue' as metric,
        'product' as dimension,
        product as dimension_value,
        business_date,
        cast(sum(quantity) as decimal(18, 4)) as counted,
        cast(sum(amount) as decimal(18, 4)) as amount
    from products
    group by product, business_date
),

summed as (
    {% for period, days in periods.items() %}
        select
            '{{ period }}' as period,
            metric,
            dimension,
            dimension_value,
            {{ sum_when(within_days('business_date', days), 'counted') }} as counted,
            {{ sum_when(within_days('business_date', days), 'amount') }} as amount,
            {{ sum_when('not ' ~ within_days('business_date', days), 'counted') }}
                as previous_counted,
            {{ sum_when('not ' ~ within_days('business_date', days), 'amount') }}
                as previous_amount
        from parts
        where {{ within_days('business_date', 2 * days) }}
        group by metric, dimension, dimension_value
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

own_rates as (
    select
        *,
        {{ divide('amount', 'counted') }} as own_rate,
        {{ divide('previous_amount', 'previous_counted') }} as own_previous_rate
    from summed
),

{# A value that was not there before has the rate that it has now, so that all of it is mix. #}
rated as (
    select
        *,
        coalesce(own_rate, own_previous_rate, 0) as rate,
        coalesce(own_previous_rate, own_rate, 0) as previous_rate,
        sum(counted) over (partition by period, metric, dimension) as total_counted,
        sum(previous_counted) over (partition by period, metric, dimension)
            as total_previous_counted,
        {{ divide(
            'sum(amount) over (partition by period, metric, dimension)',
            'sum(counted) over (partition by period, metric, dimension)',
        ) }} as total_rate,
        {{ divide(
            'sum(previous_amount) over (partition by period, metric, dimension)',
            'sum(previous_counted) over (partition by period, metric, dimension)',
        ) }} as total_previous_rate
    from own_rates
),

weighted as (
    select
        *,
        {{ divide('counted', 'total_counted') }} as share,
        {{ divide('previous_counted', 'total_previous_counted') }} as previous_share,
        metric = 'net_revenue' as is_sum
    from rated
),

{# The rate of money takes what is left of the mix in ten-thousandths: the parts are the change. #}
split as (
    select
        *,
        case
            when is_sum
                then
                    cast(
                        round((counted - previous_counted) * (rate + previous_rate) / 2, 4)
                        as decimal(18, 4)
                    )
        end as mix_amount,
        case when is_sum then amount - previous_amount end as change_amount,
        case
            when not is_sum
                then
                    (share - previous_share)
                    * (rate + previous_rate - total_rate - total_previous_rate) / 2
        end as mix_effect,
        case when not is_sum then (rate - previous_rate) * (share + previous_share) / 2 end
            as rate_effect
    from weighted
),

changes as (
    select
        metric,
        period,
        dimension,
        dimension_value,
        case when metric <> 'session_conversion' then '{{ var("reporting_currency") }}' end
            as currency,
        case when is_sum then cast(amount as double) else rate end as value,
        case when is_sum then cast(previous_amount as double) else previous_rate end
            as previous_value,
        counted,
        previous_counted,
        case when is_sum then cast(change_amount as double) else mix_effect + rate_effect end
            as contribution,
        case when is_sum then cast(mix_amount as double) else mix_effect end as mix_contribution,
        case when is_sum then cast(change_amount - mix_amount as double) else rate_effect end
            as rate_contribution,
        change_amount,
        mix_amount,
        cast(change_amount - mix_amount as decimal(18, 4)) as rate_amount,
        {{ as_of_date() }} as business_date
    from split
    where is_sum or (total_rate is not null and total_previous_rate is not null)
)

select * from changes
