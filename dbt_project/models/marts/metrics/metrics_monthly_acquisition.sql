with first_orders as (
    select * from {{ ref('fct_orders') }}
    where is_first_order
),

values_to_date as (
    select
        customer_id,
        count(distinct business_date) as order_day_count,
        sum(net_revenue_amount_reporting) as net_revenue_amount,
        sum(estimated_margin_amount_reporting) as margin_amount
    from {{ ref('fct_orders') }}
    where is_valid and not is_anonymous
    group by customer_id
),

touches as (
    select * from {{ ref('fct_marketing_touches') }}
    where customer_id is not null
),

{# The last touch before the order that is more than a direct visit, else the last one. #}
sources as (
    select
        first_orders.customer_id,
        touches.channel_group,
        touches.campaign_id,
        row_number() over (
            partition by first_orders.customer_id
            order by
                case when touches.channel_group = 'Direct' then 1 else 0 end asc,
                touches.touched_at desc, touches.touch_id asc
        ) as source_rank
    from first_orders
    inner join touches
        on
            first_orders.customer_id = touches.customer_id
            and first_orders.ordered_at >= touches.touched_at
            and touches.touched_at
            >= {{ add_hours('first_orders.ordered_at', -24 * var('acquisition_window_days')) }}
),

acquired as (
    select
        first_orders.customer_id,
        {{ period_start('month', 'first_orders.business_date') }} as acquired_month,
        first_orders.channel as first_channel,
        coalesce(first_orders.sales_method, 'unknown') as first_sales_method,
        coalesce(first_orders.store_id, 'none') as first_store_id,
        coalesce(sources.channel_group, '(none)') as source_group,
        coalesce(sources.campaign_id, 'none') as campaign_id,
        coalesce(customers.country_code, 'unknown') as country_code,
        coalesce(customers.region, 'unknown') as region,
        values_to_date.order_day_count,
        first_orders.net_revenue_amount_reporting as first_net_revenue_amount,
        values_to_date.net_revenue_amount,
        values_to_date.margin_amount,
        cohorts.is_left_truncated
    from first_orders
    inner join values_to_date on first_orders.customer_id = values_to_date.customer_id
    inner join {{ ref('int_customer_cohorts_assigned') }} as cohorts
        on first_orders.customer_id = cohorts.customer_id
    left join {{ ref('dim_customers') }} as customers
        on first_orders.customer_id = customers.customer_id
    left join sources
        on first_orders.customer_id = sources.customer_id and sources.source_rank = 1
),

{# What platforms bill by day: campaigns billed as a whole write to customers who are won. #}
spent as (
    select
        {{ period_start('month', 'business_date') }} as acquired_month,
        campaign_id,
        channel_group as source_group,
        cost_amount
    from {{ ref('int_campaign_costs_priced') }}
    where platform <> '(campaign)'
),

{% set breakdowns = {
    'all': "'all'", 'source': 'source_group', 'campaign': 'campaign_id', 'country': 'country_code',
    'region': "country_code || ' ' || region", 'channel': 'first_channel',
    'sales_method': 'first_sales_method', 'store': 'first_store_id',
} %}
customers as (
    {% for breakdown, value in breakdowns.items() %}
        select
            acquired_month,
            '{{ breakdown }}' as breakdown,
            {{ value }} as breakdown_value,
            count(*) as acquired_customer_count,
            count(case when order_day_count > 1 then 1 end) as repeat_customer_count,
            count(case when is_left_truncated then 1 end) as left_truncated_customer_count,
            sum(first_net_revenue_amount) as first_net_revenue_amount,
            sum(net_revenue_amount) as net_revenue_amount,
            sum(margin_amount) as margin_amount
        from acquired
        group by acquired_month, {{ value }}
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

costs as (
    {% for breakdown in ['all', 'source', 'campaign'] %}
        select
            acquired_month,
            '{{ breakdown }}' as breakdown,
            {{ breakdowns[breakdown] }} as breakdown_value,
            sum(cost_amount) as cost_amount
        from spent
        group by acquired_month, {{ breakdowns[breakdown] }}
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

joined as (
    select
        coalesce(customers.acquired_month, costs.acquired_month) as acquired_month,
        coalesce(customers.breakdown, costs.breakdown) as breakdown,
        coalesce(customers.breakdown_value, costs.breakdown_value) as breakdown_value,
        '{{ var("reporting_currency") }}' as currency,
        coalesce(customers.acquired_customer_count, 0) as acquired_customer_count,
        coalesce(customers.repeat_customer_count, 0) as repeat_customer_count,
        coalesce(customers.left_truncated_customer_count, 0) as left_truncated_customer_count,
        {{ as_amount('coalesce(customers.first_net_revenue_amount, 0)') }}
            as first_net_revenue_amount,
        {{ as_amount('coalesce(customers.net_revenue_amount, 0)') }} as net_revenue_amount,
        {{ as_amount('customers.margin_amount') }} as margin_amount,
        {{ as_amount('costs.cost_amount') }} as cost_amount
    from customers
    full outer join costs
        on
            customers.acquired_month = costs.acquired_month
            and customers.breakdown = costs.breakdown
            and customers.breakdown_value = costs.breakdown_value
),

monthly as (
    select
        *,
        case
            when left_truncated_customer_count = 0
                then {{ divide('cost_amount', 'acquired_customer_count') }}
        end as acquisition_cost_per_customer_amount,
        {{ month_end('acquired_month') }} > {{ as_of_date() }} as is_unfinished
    from joined
)

select * from monthly
