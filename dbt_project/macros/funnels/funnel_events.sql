{# What a step, an exclusion or a breakdown may look at; anything else is looked up in `details`. #}
{% macro funnel_columns() -%}
    {{ return([
        'channel_id', 'channel_group', 'device', 'brand_id', 'store_id', 'campaign_id', 'product_id',
        'page', 'page_type', 'reason', 'outcome',
    ]) }}
{%- endmacro %}

{# One source of events with these columns; `given` names those that it fills. #}
{% macro funnel_event(unit, relation, unit_id, event, event_at, given={}, condition='true') -%}
    {%- set columns = [] -%}
    {%- for name in funnel_columns() + ['details'] -%}
        {%- do columns.append('cast(' ~ given.get(name, 'null') ~ ' as string) as ' ~ name) -%}
    {%- endfor -%}
    select
        '{{ unit }}' as unit,
        {{ unit_id }} as unit_id,
        {{ event }} as event,
        {{ columns | join(', ') }},
        cast({{ given.get('amount', 'null') }} as decimal(18, 4)) as amount,
        {{ event_at }} as event_at
    from {{ relation }}
    where {{ condition }}
{%- endmacro %}

{#
    Common table expressions that end in `events`: what happened to each unit of a funnel, a session,
    a customer or a visit to a store, with the event after it.
#}
{% macro funnel_events() %}
{% set touch = {
    'channel_id': 'channel_id', 'device': 'device', 'brand_id': 'brand_id', 'store_id': 'store_id',
    'campaign_id': 'campaign_id', 'product_id': 'product_id', 'page': 'page', 'reason': 'reason',
    'outcome': 'outcome', 'details': 'details', 'amount': 'amount_reporting',
} %}
{% set page = {
    'channel_id': "'website'", 'channel_group': 'channel_group', 'device': 'device_class', 'brand_id': 'brand_id',
    'product_id': 'product_id', 'page': 'page_url', 'page_type': 'page_type',
} %}
session_starts as (
    select
        session_id,
        visitor_key,
        'website' as channel_id,
        channel_group,
        device_class as device,
        brand_id,
        campaign_id,
        order_id,
        started_at,
        ended_at
    from {{ ref('fct_web_sessions') }}
    where not is_bot and not is_internal
    union all
    select
        session_id,
        visitor_key,
        'mobile_app' as channel_id,
        cast(null as string) as channel_group,
        platform as device,
        brand_id,
        cast(null as string) as campaign_id,
        order_id,
        started_at,
        ended_at
    from {{ ref('fct_app_sessions') }}
    where not is_internal
),

{# The touches of a browser lie in the session that began last. #}
touches_in_time as (
    select
        visitor_key,
        cast(null as string) as session_id,
        cast(null as string) as channel_group,
        cast(null as timestamp) as ended_at,
        1 as is_touch,
        interaction_type,
        channel_id,
        device,
        brand_id,
        store_id,
        campaign_id,
        product_id,
        page,
        reason,
        outcome,
        details,
        amount_reporting,
        event_at
    from {{ ref('fct_interactions') }}
    where visitor_key is not null
    union all
    select
        visitor_key,
        session_id,
        channel_group,
        ended_at,
        0 as is_touch,
        {{ (['null'] * 12) | join(', ') }},
        started_at as event_at
    from session_starts
),

session_touches as (
    select
        *,
        {{ last_known('session_id') }} over so_far as in_session_id,
        {{ last_known('ended_at') }} over so_far as session_ended_at
    from touches_in_time
    window so_far as (
        partition by visitor_key order by event_at, is_touch
        rows between unbounded preceding and current row
    )
),

session_orders as (
    select
        session_starts.*,
        orders.net_revenue_amount_reporting as amount_reporting
    from session_starts
    left join {{ ref('fct_orders') }} as orders on session_starts.order_id = orders.order_id
    where session_starts.order_id is not null
),

happened as (
    {{ funnel_event(
        'session', 'session_starts', 'session_id', "'session_start'", 'started_at',
        {'channel_id': 'channel_id', 'channel_group': 'channel_group', 'device': 'device',
         'brand_id': 'brand_id', 'campaign_id': 'campaign_id'},
    ) }}
    union all
    {{ funnel_event(
        'session', ref('fct_page_views'), 'session_id', "'page_view'", 'viewed_at', page,
        'not is_bot and not is_internal',
    ) }}
    union all
    {{ funnel_event(
        'session', 'session_touches', 'in_session_id', 'interaction_type', 'event_at', touch,
        'is_touch = 1 and event_at <= session_ended_at',
    ) }}
    union all
    {{ funnel_event(
        'session', 'session_orders', 'session_id', "'order'", 'ended_at',
        {'channel_id': 'channel_id', 'channel_group': 'channel_group', 'device': 'device',
         'brand_id': 'brand_id', 'campaign_id': 'campaign_id', 'amount': 'amount_reporting'},
    ) }}
    union all
    {{ funnel_event(
        'customer', ref('fct_interactions'), 'customer_id', 'interaction_type', 'event_at', touch,
        'customer_id is not null',
    ) }}
    union all
    {{ funnel_event(
        'customer', ref('fct_page_views'), 'customer_id', "'page_view'", 'viewed_at', page,
        'customer_id is not null and not is_bot and not is_internal',
    ) }}
    union all
    {{ funnel_event(
        'visit', ref('fct_store_visits'), 'store_visit_id', "'visit_start'", 'entered_at',
        {'store_id': 'store_id', 'product_id': 'product_id', 'reason': 'abandonment_reason'},
    ) }}
    union all
    {{ funnel_event(
        'visit', ref('fct_store_visits'), 'store_visit_id', "'terminal'", 'terminal_at',
        {'store_id': 'store_id'}, 'terminal_at is not null',
    ) }}
    union all
    {{ funnel_event(
        'visit', ref('fct_store_visits'), 'store_visit_id', "'order'", 'left_at',
        {'store_id': 'store_id'}, 'has_purchased',
    ) }}
),

events as (
    select
        *,
        lead(case when event = 'page_view' then coalesce(page_type, event) else event end) over (
            partition by unit, unit_id
            order by event_at, case when event like '%_start' then 0 else 1 end, event, product_id, page
        ) as next_event
    from happened
)
{% endmacro %}
