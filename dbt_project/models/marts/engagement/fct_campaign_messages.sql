with messages as (
    select
        message_id,
        campaign_id,
        customer_id,
        identity_key,
        channel,
        is_holdout,
        is_bounced,
        is_opened,
        is_clicked,
        is_unsubscribed,
        is_late,
        business_date,
        sent_at,
        delivered_at,
        opened_at,
        clicked_at,
        bounced_at,
        unsubscribed_at,
        known_at
    from {{ ref('int_campaign_messages_resolved') }}
)

select * from messages
