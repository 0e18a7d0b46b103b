{# In each of the eight models and each month: orders, and net revenue to the cent. #}
with ordered as (
    select
        {{ period_start('month', 'business_date') }} as month,
        count(case when {{ is_purchase() }} then 1 end)
            as conversion_count,
        sum(net_revenue_amount_reporting) as net_revenue_amount
    from {{ ref('fct_orders') }}
    where is_valid
    group by {{ period_start('month', 'business_date') }}
),

credited as (
    select
        month,
        attribution_model,
        sum(conversion_count) as conversion_count,
        sum(net_revenue_amount) as net_revenue_amount
    from {{ ref('metrics_monthly_attribution') }}
    group by month, attribution_model
),

models as (
    select distinct attribution_model from credited
),

expected as (
    select
        ordered.month,
        models.attribution_model,
        ordered.conversion_count,
        ordered.net_revenue_amount
    from ordered
    cross join models
)

select
    expected.month,
    expected.attribution_model,
    expected.conversion_count,
    credited.conversion_count as credited_conversion_count,
    expected.net_revenue_amount,
    credited.net_revenue_amount as credited_net_revenue_amount
from expected
left join credited
    on
        expected.month = credited.month
        and expected.attribution_model = credited.attribution_model
where
    credited.month is null
    or expected.conversion_count <> credited.conversion_count
    or expected.net_revenue_amount <> credited.net_revenue_amount
