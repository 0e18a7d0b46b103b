with messages as (
    select
        *,
        {{ identity_key('marketing_customer_id', 'loyalty_id') }} as identity_key
    from {{ ref('stg_marketing__campaign_messages') }}
    where {{ until_as_of('business_date') }}
),

identities as (
    select * from {{ ref('int_identities_resolved') }}
),

erased_keys as (
    select * from {{ ref('stg_identity__erased_keys') }}
),

resolved as (
    select
        messages.message_id,
        messages.campaign_id,
        identities.customer_id,
        case when erased_keys.identity_key is null then messages.identity_key end
            as identity_key,
        messages.channel,
        messages.is_holdout,
        messages.bounced_at is not null as is_bounced,
        messages.opened_at is not null or messages.clicked_at is not null as is_opened,
        messages.clicked_at is not null as is_clicked,
        messages.unsubscribed_at is not null as is_unsubscribed,
        messages.business_date,
        messages.sent_at as planned_at,
        case when not messages.is_holdout then messages.sent_at end as sent_at,
        messages.delivered_at,
        messages.opened_at,
        messages.clicked_at,
        messages.bounced_at,
        messages.unsubscribed_at,
        messages.known_at,
        messages.is_late
    from messages
    left join identities on messages.identity_key = identities.identity_key
    left join erased_keys on messages.identity_key = erased_keys.identity_key
)

select * from resolved
