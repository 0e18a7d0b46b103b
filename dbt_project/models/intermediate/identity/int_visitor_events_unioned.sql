with web_events as (
    select
        'web' as source,
        event_id,
        'visitor_id:' || visitor_id as visitor_key,
        'account_id:' || web_customer_id as account_key,
        brand_id,
        business_date,
        event_at
    from {{ ref('stg_web__events') }}
),

app_events as (
    select
        'app' as source,
        event_id,
        'device_id:' || device_id as visitor_key,
        'account_id:' || app_customer_id as account_key,
        brand_id,
        business_date,
        event_at
    from {{ ref('stg_app__events') }}
),

unioned as (
    select * from web_events
    union all
    select * from app_events
),

until_as_of as (
    select * from unioned
    where {{ until_as_of('business_date') }} and {{ is_touched('business_date', 'event_at') }}
)

select * from until_as_of
