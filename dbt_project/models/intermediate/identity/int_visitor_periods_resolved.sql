with events as (
    select * from {{ ref('int_visitor_events_unioned') }}
),

identities as (
    select * from {{ ref('int_identities_resolved') }}
),

hubs as (
    select * from {{ ref('stg_identity__hubs') }}
),

{# A browser that a decision or an erasure took out of the ledger ties nobody. #}
visitors as (
    select identity_key as visitor_key from identities
    union
    select identity_key as visitor_key from hubs
),

logged_in as (
    select
        events.visitor_key,
        identities.customer_id,
        coalesce(identities.customer_id, events.account_key) as person,
        events.event_at,
        events.event_id
    from events
    inner join visitors on events.visitor_key = visitors.visitor_key
    left join identities on events.account_key = identities.identity_key
    where events.account_key is not null
),

compared as (
    select
        *,
        lag(person) over (
            partition by visitor_key order by event_at asc, event_id asc
        ) as previous_person
    from logged_in
),

numbered as (
    select
        *,
        sum(case when previous_person = person then 0 else 1 end) over (
            partition by visitor_key order by event_at asc, event_id asc
            rows between unbounded preceding and current row
        ) as turn
    from compared
),

turns as (
    select
        visitor_key,
        turn,
        max(customer_id) as customer_id,
        min(event_at) as login_at,
        max(event_at) as last_event_at
    from numbered
    group by visitor_key, turn
),

bounded as (
    select
        *,
        lead(login_at) over (partition by visitor_key order by turn) as next_login_at,
        count(*) over (partition by visitor_key) as turn_count,
        {{ add_hours('last_event_at', var('shared_visitor_hours')) }} as latest_at
    from turns
),

periods as (
    select
        visitor_key,
        customer_id,
        turn_count > 1 as is_shared,
        case when turn_count > 1 then login_at end as valid_from,
        case when turn_count > 1 then least(coalesce(next_login_at, latest_at), latest_at) end
            as valid_to,
        login_at
    from bounded
    where customer_id is not null and (next_login_at is null or next_login_at > login_at)
)

select * from periods
