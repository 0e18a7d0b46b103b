with events as (
    select
        *,
        coalesce(account_key, visitor_key) as identity_key
    from {{ ref('int_visitor_events_unioned') }}
),

owners as (
    select * from {{ ref('int_identity_owners') }}
),

joined as (
    select
        events.*,
        {{ of_owner('customer_id') }} as customer_id,
        coalesce({{ of_owner('login_at') }} > events.event_at, false) as is_before_login
    from events
    {{ join_owners('owners', 'events', event_at='event_at') }}
),

resolved as (
    select
        source,
        event_id,
        visitor_key,
        identity_key,
        customer_id,
        case when customer_id is null then visitor_key end as anonymous_visitor_key,
        is_before_login,
        business_date,
        event_at
    from joined
)

select * from resolved
