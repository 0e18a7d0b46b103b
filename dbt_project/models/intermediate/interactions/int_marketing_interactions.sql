{# A customer kept out on purpose was sent nothing. #}
{% set message = {
    'identity_key': identity_key('marketing_customer_id', 'loyalty_id'),
    'campaign_id': 'campaign_id',
    'channel_detail': 'channel',
} %}
{% set response = dict(message, direction="'inbound'") %}
with sent as (
    {{ interaction(
        ref('stg_marketing__campaign_messages'), 'marketing/campaign_messages',
        "'campaign_sent'", 'message_id', 'sent_at',
        given=dict(message, outcome="case when bounced_at is not null then 'bounced' end"),
        condition='not is_holdout',
    ) }}
),

opened as (
    {{ interaction(
        ref('stg_marketing__campaign_messages'), 'marketing/campaign_messages',
        "'campaign_opened'", 'message_id', 'opened_at', given=response,
        condition='not is_holdout',
    ) }}
),

clicked as (
    {{ interaction(
        ref('stg_marketing__campaign_messages'), 'marketing/campaign_messages',
        "'campaign_clicked'", 'message_id', 'clicked_at', given=response,
        condition='not is_holdout',
    ) }}
),

unsubscribed as (
    {{ interaction(
        ref('stg_marketing__campaign_messages'), 'marketing/campaign_messages',
        "'campaign_unsubscribed'", 'message_id', 'unsubscribed_at', given=response,
        condition='not is_holdout',
    ) }}
),

{# An offer is made to many. #}
{% set offer_key = "offer_id || ':' || marketing_customer_id" %}
{% set offer = {
    'identity_key': identity_key('marketing_customer_id', none),
    'campaign_id': 'campaign_id',
    'product_id': 'product_id',
} %}
offers_sent as (
    {{ interaction(
        ref('stg_marketing__offers'), 'marketing/offers', "'offer_sent'", offer_key, 'sent_at',
        given=dict(offer, direction="'outbound'"), details=['category', 'expires_at'],
    ) }}
),

offers_seen as (
    {{ interaction(
        ref('stg_marketing__offers'), 'marketing/offers', "'offer_seen'", offer_key, 'seen_at',
        given=dict(offer, direction="'inbound'"),
    ) }}
),

offers_declined as (
    {{ interaction(
        ref('stg_marketing__offers'), 'marketing/offers', "'offer_declined'", offer_key,
        'declined_at', given=dict(offer, direction="'inbound'"),
    ) }}
),

offers_redeemed as (
    {{ interaction(
        ref('stg_marketing__offer_redemptions'), 'marketing/offer_redemptions',
        "'offer_redeemed'", 'redemption_id', 'redeemed_at',
        given={
            'identity_key': identity_key('marketing_customer_id', 'loyalty_id'),
            'order_key': 'marketing_order_id',
            'campaign_id': 'campaign_id',
            'direction': "'inbound'",
            'amount': 'redeemed_amount',
            'currency': 'currency',
        },
        details=['offer_id'],
    ) }}
),

touches as (
    {{ interaction(
        ref('stg_marketing__touches'), 'marketing/touches',
        "case when is_click then 'marketing_click' else 'marketing_view' end", 'touch_id',
        'touched_at',
        given={
            'identity_key': identity_key('marketing_customer_id', none, visitor='visitor_id'),
            'visitor_key': "'visitor_id:' || visitor_id",
            'campaign_id': 'campaign_id',
            'channel_detail': 'touch_channel',
            'direction': "case when is_click then 'inbound' else 'outbound' end",
        },
    ) }}
),

consents as (
    {{ interaction(
        ref('stg_crm__consents'), 'crm/consents', "'consent'", 'consent_id', 'recorded_at',
        given={
            'identity_key': identity_key('crm_customer_id', none),
            'channel_detail': 'consent_source',
            'outcome': 'consent_status',
        },
        details=['consent_purpose'],
    ) }}
),

unioned as (
    select * from sent
    union all
    select * from opened
    union all
    select * from clicked
    union all
    select * from unsubscribed
    union all
    select * from offers_sent
    union all
    select * from offers_seen
    union all
    select * from offers_declined
    union all
    select * from offers_redeemed
    union all
    select * from touches
    union all
    select * from consents
)

select * from unioned
