with messages as (
    select * from {{ ref('int_campaign_messages_resolved') }}
    where customer_id is not null and not is_holdout
),

redemptions as (
    select * from {{ ref('int_offer_redemptions_resolved') }}
    where customer_id is not null
),

message_totals as (
    select
        customer_id,
        count(*) as campaign_message_count,
        count(case when {{ within_days('business_date', 30) }} then 1 end)
            as campaign_message_count_30d,
        count(case when is_opened then 1 end) as campaign_message_opened_count,
        count(case when is_clicked then 1 end) as campaign_message_clicked_count,
        bool_or(is_unsubscribed) as has_unsubscribed,
        max(sent_at) as last_campaign_message_at
    from messages
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

summarised as (
    select
        coalesce(message_totals.customer_id, redemption_totals.customer_id) as customer_id,
        coalesce(message_totals.campaign_message_count, 0) as campaign_message_count,
        coalesce(message_totals.campaign_message_count_30d, 0) as campaign_message_count_30d,
        coalesce(message_totals.campaign_message_opened_count, 0) as campaign_message_opened_count,
        coalesce(message_totals.campaign_message_clicked_count, 0)
            as campaign_message_clicked_count,
        coalesce(redemption_totals.offer_redemption_count, 0) as offer_redemption_count,
        coalesce(message_totals.has_unsubscribed, false) as has_unsubscribed,
        message_totals.last_campaign_message_at,
        redemption_totals.last_offer_redeemed_at
    from message_totals
    full outer join redemption_totals on message_totals.customer_id = redemption_totals.customer_id
)

select * from summarised
