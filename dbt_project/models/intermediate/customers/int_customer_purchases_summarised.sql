with orders as (
    select
        *,
        {{ seconds_between('ordered_at', 'delivered_at') }} as delivery_seconds,
        coalesce(delivered_at > estimated_delivery_at, false) as is_late_delivery,
        row_number() over (
            partition by customer_id, delivered_at is null order by delivered_at desc, order_id asc
        ) as delivery_rank
    from {{ ref('fct_orders') }}
    where is_valid and customer_id is not null
),

lines as (
    select
        lines.customer_id,
        lines.product_id,
        products.category as product_category,
        products.brand as product_brand
    from {{ ref('fct_order_lines') }} as lines
    left join {{ ref('stg_catalog__products') }} as products
        on lines.product_id = products.product_id
    where lines.is_valid and not lines.is_return and lines.customer_id is not null
),

usual as (
    {{ usual_values({
        'orders': {
            'payment_method': 'usual_payment_method', 'sales_method': 'usual_sales_method',
        },
        'lines': {
            'product_category': 'usual_product_category', 'product_brand': 'usual_product_brand',
        },
    }) }}
),

assortments as (
    select
        customer_id,
        count(distinct product_id) as bought_product_count,
        count(distinct product_category) as bought_category_count
    from lines
    group by customer_id
),

totals as (
    select
        customer_id,
        count(case when {{ within_days('business_date', 90) }} then 1 end) as order_count_90d,
        count(case when {{ within_days('business_date', 365) }} then 1 end) as order_count_365d,
        {{ as_amount(
            "sum(case when " ~ within_days("business_date", 90)
            ~ " then net_revenue_amount_reporting else 0 end)"
        ) }} as net_revenue_90d_amount,
        {{ as_amount(
            "sum(case when " ~ within_days("business_date", 365)
            ~ " then net_revenue_amount_reporting else 0 end)"
        ) }} as net_revenue_365d_amount,
        {{ as_amount(
            "sum(case when " ~ within_days("business_date", 730) ~ " and not "
            ~ within_days("business_date", 365) ~ " then net_revenue_amount_reporting else 0 end)"
        ) }} as net_revenue_previous_365d_amount,
        {{ as_amount(
            "sum(case when " ~ within_days("business_date", 180)
            ~ " then net_revenue_amount_reporting else 0 end)"
        ) }} as net_revenue_180d_amount,
        {{ as_amount(
            "sum(case when " ~ within_days("business_date", 360)
            ~ " then net_revenue_amount_reporting else 0 end)"
        ) }} as net_revenue_360d_amount,
        max(net_revenue_amount_reporting) as largest_order_amount,
        {{ divide('sum(returned_unit_count)', 'sum(unit_count)') }} as returned_unit_rate,
        count(coupon_code) as coupon_order_count,
        {{ divide("count(case when channel = 'online' then 1 end)", 'count(*)') }}
            as online_order_rate,
        {{ divide("count(case when channel = 'store' then 1 end)", 'count(*)') }}
            as store_order_rate,
        {{ divide(
            'count(case when ' ~ iso_day_of_week('business_date') ~ ' > 5 then 1 end)', 'count(*)'
        ) }} as weekend_order_rate,
        {{ divide(total_seconds('delivery_seconds'), 'count(delivery_seconds)') }} / 86400
            as mean_delivery_days,
        max(case when delivery_rank = 1 then delivery_seconds end) / 86400 as last_delivery_days,
        count(case when is_late_delivery then 1 end) as late_delivery_count,
        count(case when is_late_delivery and {{ within_days('business_date', 90) }} then 1 end)
            as late_delivery_count_90d
    from orders
    group by customer_id
),

summarised as (
    select
        totals.*,
        usual.usual_payment_method,
        usual.usual_sales_method,
        usual.usual_product_category,
        usual.usual_product_brand,
        coalesce(assortments.bought_product_count, 0) as bought_product_count,
        coalesce(assortments.bought_category_count, 0) as bought_category_count
    from totals
    left join usual on totals.customer_id = usual.customer_id
    left join assortments on totals.customer_id = assortments.customer_id
)

select * from summarised
