{# A receipt that a tablet names is of the same person, whoever of the two knows them. #}
with visits as (
    select * from {{ ref('stg_footfall__store_visits') }}
    where {{ until_as_of('business_date') }}
),

kiosk_events as (
    select * from {{ ref('stg_kiosk__events') }}
    where {{ until_as_of('business_date') }}
),

orders as (
    select * from {{ ref('int_orders_unioned') }}
    where store_id is not null
),

identities as (
    select * from {{ ref('int_identities_resolved') }}
),

tablet_touches as (
    select
        'tablet' as touch_type,
        'tablet:' || visit_id as touch_id,
        store_id,
        {{ identity_key('footfall_customer_id', 'loyalty_id') }} as identity_key,
        'pos:' || receipt_id as order_id,
        cast(null as boolean) as is_valid_order,
        1 as event_count,
        0 as search_count,
        entered_at as started_at,
        greatest(coalesce(left_at, entered_at), entered_at) as ended_at
    from visits
),

{# A terminal ends by time-out, long after the visitor has left it. #}
kiosk_touches as (
    select
        'kiosk' as touch_type,
        'kiosk:' || coalesce(session_id, event_id) as touch_id,
        store_id,
        max({{ identity_key(none, 'loyalty_id') }}) as identity_key,
        cast(null as string) as order_id,
        cast(null as boolean) as is_valid_order,
        count(*) as event_count,
        count(case when event_type = 'search' then 1 end) as search_count,
        min(event_at) as started_at,
        coalesce(max(case when event_type <> 'timeout' then event_at end), min(event_at))
            as ended_at
    from kiosk_events
    group by coalesce(session_id, event_id), store_id
),

till_touches as (
    select
        'till' as touch_type,
        'till:' || order_id as touch_id,
        store_id,
        identity_key,
        order_id,
        is_valid as is_valid_order,
        1 as event_count,
        0 as search_count,
        ordered_at as started_at,
        ordered_at as ended_at
    from orders
),

touches as (
    select * from tablet_touches
    union all
    select * from kiosk_touches
    union all
    select * from till_touches
),

identified as (
    select
        touches.*,
        coalesce(touches.order_id, touches.touch_id) as paper_key,
        identities.customer_id as named_customer_id,
        max(identities.customer_id) over (
            partition by coalesce(touches.order_id, touches.touch_id)
        ) as paper_customer_id
    from touches
    left join identities on touches.identity_key = identities.identity_key
),

resolved as (
    select
        touch_id,
        touch_type,
        store_id,
        coalesce(named_customer_id, paper_customer_id) as customer_id,
        identity_key,
        coalesce(named_customer_id, paper_customer_id, paper_key) as person_key,
        order_id,
        is_valid_order,
        event_count,
        search_count,
        started_at,
        ended_at
    from identified
)

select * from resolved
