with order_days as (
    select * from {{ ref('int_customer_order_days') }}
),

customers as (
    select * from {{ ref('int_customer_cohorts_assigned') }}
),

months as (
    select distinct month_start_date as active_month from {{ ref('dim_dates') }}
),

customer_months as (
    select
        customer_id,
        {{ period_start('month', 'business_date') }} as active_month,
        sum(net_revenue_amount) as net_revenue_amount
    from order_days
    group by customer_id, {{ period_start('month', 'business_date') }}
),

margins as (
    select
        customer_id,
        {{ period_start('month', 'business_date') }} as active_month,
        sum(estimated_margin_amount_reporting) as margin_amount
    from {{ ref('fct_orders') }}
    where is_valid and not is_anonymous
    group by customer_id, {{ period_start('month', 'business_date') }}
),

acquisition as (
    select * from {{ ref('metrics_monthly_acquisition') }}
    where breakdown = 'all'
),

cohorts as (
    select
        cohort_month,
        count(*) as cohort_customer_count,
        bool_or(is_left_truncated) as is_left_truncated
    from customers
    group by cohort_month
),

activity as (
    select
        customers.cohort_month,
        customer_months.active_month,
        count(*) as active_customer_count,
        sum(customer_months.net_revenue_amount) as net_revenue_amount,
        sum(margins.margin_amount) as margin_amount
    from customer_months
    inner join customers on customer_months.customer_id = customers.customer_id
    left join margins
        on
            customer_months.customer_id = margins.customer_id
            and customer_months.active_month = margins.active_month
    group by customers.cohort_month, customer_months.active_month
),

last_activity as (
    select
        cohort_month,
        last_active_month as active_month,
        count(*) as last_active_customer_count
    from customers
    group by cohort_month, last_active_month
),

grid as (
    select
        cohorts.cohort_month,
        months.active_month,
        {{ months_between('cohorts.cohort_month', 'months.active_month') }} as month_number,
        cohorts.cohort_customer_count,
        cohorts.is_left_truncated,
        coalesce(activity.active_customer_count, 0) as active_customer_count,
        coalesce(activity.net_revenue_amount, 0) as net_revenue_amount,
        sum(coalesce(last_activity.last_active_customer_count, 0)) over (
            partition by cohorts.cohort_month order by months.active_month desc
        ) as active_or_later_customer_count,
        sum(coalesce(activity.net_revenue_amount, 0)) over (
            partition by cohorts.cohort_month order by months.active_month
        ) as cumulative_net_revenue_amount,
        coalesce(activity.margin_amount, 0) as margin_amount,
        sum(coalesce(activity.margin_amount, 0)) over (
            partition by cohorts.cohort_month order by months.active_month
        ) as cumulative_margin_amount,
        sum(
            case
                when months.active_month = cohorts.cohort_month then activity.net_revenue_amount
            end
        ) over (
            partition by cohorts.cohort_month
        ) as first_net_revenue_amount
    from cohorts
    inner join months on cohorts.cohort_month <= months.active_month
    left join activity
        on
            cohorts.cohort_month = activity.cohort_month
            and months.active_month = activity.active_month
    left join last_activity
        on
            cohorts.cohort_month = last_activity.cohort_month
            and months.active_month = last_activity.active_month
),

valued as (
    select
        grid.*,
        acquisition.cost_amount as acquisition_cost_amount,
        acquisition.acquisition_cost_per_customer_amount,
        {{ divide('grid.cumulative_margin_amount', 'grid.cohort_customer_count') }}
            as cumulative_margin_per_customer_amount
    from grid
    left join acquisition on grid.cohort_month = acquisition.acquired_month
),

retained as (
    select
        cohort_month,
        month_number,
        active_month,
        '{{ var("reporting_currency") }}' as currency,
        cohort_customer_count,
        active_customer_count,
        cast(active_or_later_customer_count as bigint) as active_or_later_customer_count,
        {{ divide('active_customer_count', 'cohort_customer_count') }} as bracket_retention_rate,
        {{ divide('active_or_later_customer_count', 'cohort_customer_count') }}
            as unbounded_retention_rate,
        {{ as_amount('net_revenue_amount') }} as net_revenue_amount,
        {{ as_amount('cumulative_net_revenue_amount') }} as cumulative_net_revenue_amount,
        {{ divide('net_revenue_amount', 'first_net_revenue_amount') }} as revenue_retention_rate,
        {{ divide('cumulative_net_revenue_amount', 'cohort_customer_count') }}
            as cumulative_net_revenue_per_customer_amount,
        {{ as_amount('margin_amount') }} as margin_amount,
        {{ as_amount('cumulative_margin_amount') }} as cumulative_margin_amount,
        cumulative_margin_per_customer_amount,
        acquisition_cost_amount,
        acquisition_cost_per_customer_amount,
        min(
            case
                when cumulative_margin_per_customer_amount >= acquisition_cost_per_customer_amount
                    then month_number
            end
        ) over (partition by cohort_month) as payback_month_number,
        {{ month_end('active_month') }} > {{ as_of_date() }} as is_unfinished,
        is_left_truncated
    from valued
)

select * from retained
