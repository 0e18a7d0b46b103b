with orders as (
    select * from {{ ref('int_orders_unioned') }}
    where customer_id is not null
),

prices as (
    select * from {{ ref('int_orders_priced') }}
),

ranked as (
    select
        orders.customer_id,
        orders.channel,
        orders.store_id,
        orders.is_valid,
        orders.ordered_at,
        prices.*,
        row_number() over (
            partition by orders.customer_id, orders.is_valid
            order by orders.ordered_at, orders.order_id
        ) as order_number
    from orders
    inner join prices on orders.order_id = prices.order_id
),

summarised as (
    select
        customer_id,
        min_by(channel, order_number) filter (where is_valid) as first_order_channel,
        max_by(channel, order_number) filter (where is_valid) as last_order_channel,
        max_by(store_id, order_number) filter (where is_valid and store_id is not null)
            as last_store_id,
        {{ list_distinct('case when is_valid then channel end') }} as order_channels,
        count(case when is_valid then 1 end) as order_count,
        count(case when not is_valid then 1 end) as canceled_order_count,
        {{ as_amount('sum(case when is_valid then unit_count else 0 end)') }} as unit_count,
        {% for amount in [
            'gross_amount', 'discount_amount', 'returns_amount', 'tax_amount', 'shipping_amount',
        ] %}
            cast(
                coalesce(sum(case when is_valid then {{ amount }}_reporting end), 0)
                as decimal(18, 4)
            ) as {{ amount }},
        {% endfor %}
        {{ as_amount('coalesce(sum(net_revenue_amount_reporting), 0)') }} as net_revenue_amount,
        {{ as_amount('sum(margin_amount_reporting)') }} as margin_amount,
        cast(
            sum(
                case when margin_amount_reporting is not null then net_revenue_amount_reporting end
            ) as decimal(18, 4)
        ) as net_revenue_amount_with_margin,
        min(case when is_valid then ordered_at end) as first_ordered_at,
        max(case when is_valid then ordered_at end) as last_ordered_at
    from ranked
    group by customer_id
)

select * from summarised
