with orders as (
    select * from {{ ref('int_orders_unioned') }}
),

prices as (
    select * from {{ ref('int_orders_priced') }}
),

order_days as (
    select
        orders.customer_id,
        orders.business_date,
        count(*) as order_count,
        {{ as_amount('coalesce(sum(prices.net_revenue_amount_reporting), 0)') }}
            as net_revenue_amount
    from orders
    inner join prices on orders.order_id = prices.order_id
    where orders.is_valid and orders.customer_id is not null
    group by orders.customer_id, orders.business_date
),

numbered as (
    select
        *,
        row_number() over (partition by customer_id order by business_date) as day_number,
        lag(business_date) over (
            partition by customer_id order by business_date
        ) as previous_business_date,
        lead(business_date) over (
            partition by customer_id order by business_date
        ) as next_business_date
    from order_days
),

with_gaps as (
    select
        customer_id,
        business_date,
        day_number,
        order_count,
        net_revenue_amount,
        {{ days_between('previous_business_date', 'business_date') }} as gap_days,
        previous_business_date,
        next_business_date
    from numbered
)

select * from with_gaps
