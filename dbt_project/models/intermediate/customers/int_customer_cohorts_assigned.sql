with order_days as (
    select * from {{ ref('int_customer_order_days') }}
),

profiles as (
    select
        customer_id,
        created_date
    from {{ ref('int_customers_profiled') }}
),

history as (
    select min(business_date) as first_date from {{ ref('int_orders_unioned') }}
),

cohorts as (
    select
        customer_id,
        {{ period_start('month', 'min(business_date)') }} as cohort_month,
        {{ period_start('month', 'max(business_date)') }} as last_active_month
    from order_days
    group by customer_id
),

assigned as (
    select
        cohorts.customer_id,
        {{ months_between('history.first_date', 'cohorts.cohort_month') }}
        < {{ var('left_truncated_months') }}
        and (
            profiles.created_date is null or profiles.created_date < history.first_date
        ) as is_left_truncated,
        cohorts.cohort_month,
        cohorts.last_active_month
    from cohorts
    cross join history
    left join profiles on cohorts.customer_id = profiles.customer_id
)

select * from assigned
