{#
    Orders count for every campaign in whose days they fall, of those who were sent it and those kept
    out of it alike: the difference of the two is the campaign's. A receipt of a return is no order.
#}
with messages as (
    select
        campaign_id,
        customer_id,
        bool_and(is_holdout) as is_holdout,
        bool_or(is_holdout) and not bool_and(is_holdout) as is_mixed,
        count(case when not is_holdout then 1 end) as message_count,
        {% for step in ['opened', 'clicked', 'unsubscribed'] %}
            bool_or(is_{{ step }}) as is_{{ step }},
        {% endfor %}
        min(business_date) as business_date,
        min(planned_at) as planned_at
    from {{ ref('int_campaign_messages_resolved') }}
    where customer_id is not null
    group by campaign_id, customer_id
),

windows as (
    select
        *,
        {{ add_seconds('planned_at', var('campaign_window_days') * 86400) }} as window_ends_at
    from messages
),

orders as (
    select * from {{ ref('fct_orders') }}
    where is_valid and {{ is_purchase() }} and customer_id is not null
),

order_totals as (
    select
        windows.campaign_id,
        windows.customer_id,
        count(*) as order_count,
        bool_or(orders.is_first_order) as is_new_customer,
        sum(orders.net_revenue_amount_reporting) as net_revenue_amount,
        min(orders.ordered_at) as first_order_at
    from windows
    inner join orders
        on
            windows.customer_id = orders.customer_id
            and windows.planned_at <= orders.ordered_at
            and windows.window_ends_at > orders.ordered_at
    group by windows.campaign_id, windows.customer_id
),

redemptions as (
    select
        campaign_id,
        customer_id,
        count(*) as redemption_count
    from {{ ref('fct_offer_redemptions') }}
    where campaign_id is not null and customer_id is not null
    group by campaign_id, customer_id
),

facts as (
    select
        windows.campaign_id,
        windows.customer_id,
        '{{ var("reporting_currency") }}' as currency,
        windows.message_count,
        coalesce(redemptions.redemption_count, 0) as redemption_count,
        coalesce(order_totals.order_count, 0) as order_count,
        {{ as_amount('coalesce(order_totals.net_revenue_amount, 0)') }} as net_revenue_amount,
        windows.is_holdout,
        windows.is_mixed,
        windows.is_opened,
        windows.is_clicked,
        windows.is_clicked or redemptions.redemption_count is not null as is_responded,
        windows.is_unsubscribed,
        order_totals.order_count is not null as is_converted,
        coalesce(order_totals.is_new_customer, false) as is_new_customer,
        {{ business_date('windows.window_ends_at') }} <= {{ as_of_date() }} as is_window_over,
        windows.business_date,
        windows.planned_at,
        order_totals.first_order_at
    from windows
    left join order_totals
        on
            windows.campaign_id = order_totals.campaign_id
            and windows.customer_id = order_totals.customer_id
    left join redemptions
        on
            windows.campaign_id = redemptions.campaign_id
            and windows.customer_id = redemptions.customer_id
)

select * from facts
