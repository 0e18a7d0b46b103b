with messages as (
    select * from {{ ref('int_campaign_messages_resolved') }}
    where customer_id is not null and not is_holdout
),

offers as (
    select * from {{ ref('int_offers_resolved') }}
    where customer_id is not null
),

redemptions as (
    select * from {{ ref('int_offer_redemptions_resolved') }}
    where customer_id is not null
),

message_totals as (
    select
        customer_id,
        count(*) as campaign_message_count,
        {% for days in [7, 30] %}
            count(case when {{ within_days('business_date', days) }} then 1 end)
                as campaign_message_count_{{ days }}d,
        {% endfor %}
        count(case when is_opened then 1 end) as campaign_message_opened_count,
        count(case when is_clicked then 1 end) as campaign_message_clicked_count,
        bool_or(is_unsubscribed) as has_unsubscribed,
        max(sent_at) as last_campaign_message_at
    from messages
    group by customer_id
),

offer_totals as (
    select
        customer_id,
        count(*) as offer_sent_count,
        count(case when is_seen then 1 end) as offer_seen_count,
        {% for status in ['declined', 'expired'] %}
            count(case when offer_status = '{{ status }}' then 1 end) as offer_{{ status }}_count,
        {% endfor %}
        count(case when offer_status in ('sent', 'seen') then 1 end) as offer_open_count,
        max(sent_at) as last_offer_sent_at
    from offers
    group by customer_id
),

redemption_totals as (
    select
        customer_id,
        count(*) as offer_redemption_count,
        max(redeemed_at) as last_offer_redeemed_at
    from redemptions
    group by customer_id
),

customers as (
    select customer_id from message_totals
    union
    select customer_id from offer_totals
    union
    select customer_id from redemption_totals
),

summarised as (
    select
        customers.customer_id,
        {% for name in [
            'message_count', 'message_count_7d', 'message_count_30d', 'message_opened_count',
            'message_clicked_count',
        ] %}
            coalesce(message_totals.campaign_{{ name }}, 0) as campaign_{{ name }},
        {% endfor %}
        {% for count in ['sent', 'seen', 'declined', 'expired', 'open'] %}
            coalesce(offer_totals.offer_{{ count }}_count, 0) as offer_{{ count }}_count,
        {% endfor %}
        coalesce(redemption_totals.offer_redemption_count, 0) as offer_redemption_count,
        coalesce(message_totals.has_unsubscribed, false) as has_unsubscribed,
        coalesce(
            message_totals.campaign_message_count_7d > {{ var('contact_limit_7_days') }}
            or message_totals.campaign_message_count_30d > {{ var('contact_limit_30_days') }},
            false
        ) as is_over_contact_limit,
        message_totals.last_campaign_message_at,
        offer_totals.last_offer_sent_at,
        redemption_totals.last_offer_redeemed_at
    from customers
    left join message_totals on customers.customer_id = message_totals.customer_id
    left join offer_totals on customers.customer_id = offer_totals.customer_id
    left join redemption_totals on customers.customer_id = redemption_totals.customer_id
)

select * from summarised
