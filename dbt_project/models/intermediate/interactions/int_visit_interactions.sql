{# What says what a visitor wants; the order itself is told by the shop. #}
with web_events as (
    {{ interaction(
        ref('stg_web__events'), 'web/events', 'event_type', 'event_id', 'event_at',
        given={
            'identity_key': identity_key('web_customer_id', none, visitor='visitor_id'),
            'visitor_key': "'visitor_id:' || visitor_id",
            'campaign_id': 'campaign_id',
            'conversation_key': 'cart_id',
            'product_id': 'product_id',
            'page': 'page_url',
            'device': 'device_class',
        },
        details=['search_term', 'search_result_count', 'checkout_step'],
        condition="event_type in ('login', 'search', 'add_to_cart', 'remove_from_cart', 'checkout_step', 'app_error')",
    ) }}
),

app_events as (
    {{ interaction(
        ref('stg_app__events'), 'app/events', 'event_type', 'event_id', 'event_at',
        given={
            'identity_key': "coalesce('account_id:' || app_customer_id, 'device_id:' || device_id)",
            'visitor_key': "'device_id:' || device_id",
            'conversation_key': 'cart_id',
            'product_id': 'product_id',
            'page': 'screen',
            'device': 'platform',
        },
        details=['search_term', 'checkout_step', 'error_code', 'app_version'],
        condition="event_type in ('open', 'push_opened', 'login', 'search', 'add_to_cart', 'checkout_step', 'error')",
    ) }}
),

kiosk_events as (
    {{ interaction(
        ref('stg_kiosk__events'), 'kiosk/events', "'kiosk_' || event_type", 'event_id',
        'event_at',
        given={
            'identity_key': identity_key(none, 'loyalty_id'),
            'conversation_key': 'session_id',
            'product_id': 'product_id',
            'store_id': 'store_id',
            'device': "'kiosk'",
        },
        details=['kiosk_id', 'search_term'],
        condition="event_type in ('start', 'search', 'stock_check', 'help', 'order')",
    ) }}
),

store_visits as (
    {{ interaction(
        ref('stg_footfall__store_visits'), 'footfall/store_visits', "'store_visit'", 'visit_id',
        'entered_at',
        given={
            'identity_key': identity_key('footfall_customer_id', 'loyalty_id'),
            'order_key': "'pos:' || receipt_id",
            'product_id': 'product_id',
            'store_id': 'store_id',
            'employee_id': 'employee_id',
            'direction': "'inbound'",
            'reason': 'abandonment_reason',
            'outcome': "case when has_purchased then 'bought' else 'not_bought' end",
            'duration_seconds': seconds_between('entered_at', 'left_at'),
            'has_text': 'comment is not null',
        },
        details=['purpose', 'reason_source'],
    ) }}
),

unioned as (
    select * from web_events
    union all
    select * from app_events
    union all
    select * from kiosk_events
    union all
    select * from store_visits
)

select * from unioned
