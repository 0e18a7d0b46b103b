{#
    In each of the eight models and each month: orders, and net revenue to the cent. What no touch led
    to is (none) in all of them.
#}
with ordered as (
    select
        {{ period_start('month', 'business_date') }} as month,
        count(case when {{ is_purchase() }} then 1 end) as conversion_count,
        sum(net_revenue_amount_reporting) as net_revenue_amount
    from {{ ref('fct_orders') }}
    where is_valid
    group by {{ period_start('month', 'business_date') }}
),

untouched as (
    select
        {{ period_start('month', 'business_date') }} as month,
        count(case when is_converted then 1 end) as conversion_count
    from {{ ref('fct_attribution_touches') }}
    where touch_id is null
    group by {{ period_start('month', 'business_date') }}
),

credited as (
    select
        month,
        attribution_model,
        sum(conversion_count) as conversion_count,
        sum(case when channel_group = '(none)' then conversion_count else 0 end)
            as untouched_conversion_count,
        sum(net_revenue_amount) as net_revenue_amount
    from {{ ref('metrics_monthly_attribution') }}
    group by month, attribution_model
),

models as (
    select distinct attribution_model from credited
),

compared as (
    select
        ordered.month,
        models.attribution_model,
        ordered.conversion_count,
        credited.conversion_count as credited_conversion_count,
        coalesce(untouched.conversion_count, 0) as untouched_conversion_count,
        credited.untouched_conversion_count as credited_untouched_conversion_count,
        ordered.net_revenue_amount,
        credited.net_revenue_amount as credited_net_revenue_amount
    from ordered
    cross join models
    left join untouched on ordered.month = untouched.month
    left join credited
        on
            ordered.month = credited.month
            and models.attribution_model = credited.attribution_model
)

select * from compared
where
    credited_conversion_count is null
    or conversion_count <> credited_conversion_count
    or net_revenue_amount <> credited_net_revenue_amount
    or untouched_conversion_count <> credited_untouched_conversion_count
