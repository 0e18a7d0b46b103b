with order_days as (
    select * from {{ ref('int_customer_order_days') }}
),

known as (
    {{ btyd_inputs('order_days', add_days(as_of_date(), -var('value_holdout_days'))) }}
),

followed as (
    select
        customer_id,
        count(*) as order_day_count,
        {{ as_amount('sum(net_revenue_amount)') }} as net_revenue_amount
    from order_days
    where business_date > {{ add_days(as_of_date(), -var('value_holdout_days')) }}
    group by customer_id
),

joined as (
    select
        known.*,
        coalesce(followed.order_day_count, 0) as holdout_order_day_count,
        coalesce(followed.net_revenue_amount, 0) as holdout_net_revenue_amount
    from known
    left join followed on known.customer_id = followed.customer_id
)

select * from joined
