{{ config(meta={'dagster': {'ref': {'name': 'metrics_monthly_cohorts'}}}) }}

with facts as (
    select
        count(distinct case when is_valid then customer_id end) as customer_count,
        coalesce(sum(case when not is_anonymous then net_revenue_amount_reporting end), 0)
            as net_amount
    from {{ ref('fct_orders') }}
),

cohorts as (
    select
        coalesce(sum(case when month_number = 0 then cohort_customer_count end), 0)
            as customer_count,
        coalesce(sum(net_revenue_amount), 0) as net_amount
    from {{ ref('metrics_monthly_cohorts') }}
)

select
    cohorts.customer_count,
    facts.customer_count as expected_customer_count,
    cohorts.net_amount,
    facts.net_amount as expected_net_amount
from facts
cross join cohorts
where cohorts.customer_count <> facts.customer_count or cohorts.net_amount <> facts.net_amount
