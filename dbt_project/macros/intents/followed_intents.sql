{#
    Common table expressions of what followed upon each row of `intents` (intent_id, person_key,
    started_at): `followed` has the first order and the first answer of the service from its start on.
    The order of a session is its visitor's where the shop knows no customer for it, or the session
    none: on one device several persons order.
#}
{% macro followed_intents(intents) %}
sessions as (
    select
        customer_id,
        anonymous_visitor_key,
        order_id,
        ended_at
    from {{ ref('fct_web_sessions') }}
    where order_id is not null
    union all
    select
        customer_id,
        anonymous_visitor_key,
        order_id,
        ended_at
    from {{ ref('fct_app_sessions') }}
    where order_id is not null
),

purchases as (
    select
        customer_id as person_key,
        order_id,
        ordered_at
    from orders
    where customer_id is not null
    union all
    select
        coalesce(sessions.customer_id, sessions.anonymous_visitor_key) as person_key,
        sessions.order_id,
        coalesce(orders.ordered_at, sessions.ended_at) as ordered_at
    from sessions
    left join orders on sessions.order_id = orders.order_id
    where sessions.customer_id is null or orders.customer_id is null
),

in_time as (
    select
        person_key,
        intent_id,
        cast(null as string) as order_id,
        started_at as happened_at,
        cast(null as timestamp) as ordered_at,
        cast(null as timestamp) as served_at,
        cast(null as string) as served_in
    from {{ intents }}
    union all
    select
        person_key,
        cast(null as string) as intent_id,
        order_id,
        ordered_at as happened_at,
        ordered_at,
        cast(null as timestamp) as served_at,
        cast(null as string) as served_in
    from purchases
    union all
    select
        customer_id as person_key,
        cast(null as string) as intent_id,
        cast(null as string) as order_id,
        started_at as happened_at,
        cast(null as timestamp) as ordered_at,
        started_at as served_at,
        channel_id as served_in
    from {{ ref('fct_contacts') }}
    where is_handled and customer_id is not null
),

followed as (
    select
        intent_id,
        {{ first_known('order_id') }} over later as next_order_id,
        {{ first_known('ordered_at') }} over later as next_ordered_at,
        {{ first_known('served_at') }} over later as next_served_at,
        {{ first_known('served_in') }} over later as next_served_in
    from in_time
    window later as (
        partition by person_key order by happened_at, case when intent_id is null then 1 else 0 end, order_id, served_in
        rows between current row and unbounded following
    )
)
{% endmacro %}
