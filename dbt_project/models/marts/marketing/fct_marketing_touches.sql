{#
    What can earn the credit of an order: the start of a session, a click, a call, a meeting in a store.
    A click opens a session a moment later: the two are one touch, the click.
#}
with named_clicks as (
    select
        interactions.interaction_id as touch_id,
        interactions.customer_id,
        interactions.anonymous_visitor_key,
        lower(coalesce(touches.source, interactions.channel_detail, '(not set)')) as source,
        lower(coalesce(interactions.channel_detail, '(not set)')) as medium,
        interactions.campaign_id,
        interactions.event_at as touched_at
    from {{ ref('fct_interactions') }} as interactions
    left join {{ ref('stg_marketing__touches') }} as touches
        on
            interactions.interaction_type = 'marketing_click'
            and interactions.source_key = touches.touch_id
    where interactions.interaction_type in ('campaign_clicked', 'marketing_click')
),

media as (
    select distinct
        source,
        medium
    from named_clicks
),

channels as (
    {{ channel_groups_of('media', ['source', 'medium']) }}
),

touches as (
    select
        clicks.touch_id,
        clicks.customer_id,
        clicks.anonymous_visitor_key,
        channels.channel_group,
        clicks.campaign_id,
        'click' as touch_type,
        clicks.touched_at
    from named_clicks as clicks
    inner join channels on clicks.source = channels.source and clicks.medium = channels.medium
    union all
    select
        session_id as touch_id,
        customer_id,
        anonymous_visitor_key,
        channel_group,
        campaign_id,
        'session' as touch_type,
        started_at as touched_at
    from {{ ref('fct_web_sessions') }}
    where not is_bot and not is_internal and channel_group is not null
    union all
    select
        session_id as touch_id,
        customer_id,
        anonymous_visitor_key,
        case when is_from_push then 'Mobile Push Notifications' else 'Direct' end as channel_group,
        null as campaign_id,
        'session' as touch_type,
        started_at as touched_at
    from {{ ref('fct_app_sessions') }}
    where not is_internal
    union all
    select
        interaction_id as touch_id,
        customer_id,
        null as anonymous_visitor_key,
        'Phone' as channel_group,
        campaign_id,
        'contact' as touch_type,
        event_at as touched_at
    from {{ ref('fct_interactions') }}
    where interaction_type = 'call' and coalesce(outcome, '') <> 'abandoned'
    union all
    {# a receipt alone is a purchase, no contact #}
    select
        store_visit_id as touch_id,
        customer_id,
        null as anonymous_visitor_key,
        'Store' as channel_group,
        null as campaign_id,
        'contact' as touch_type,
        entered_at as touched_at
    from {{ ref('fct_store_visits') }}
    where record_count + kiosk_event_count > 0
),

clicked as (
    select
        *,
        max(case when touch_type = 'click' then touched_at end) over (
            partition by coalesce(customer_id, anonymous_visitor_key)
            order by touched_at, touch_type, touch_id
            rows between unbounded preceding and current row
        ) as last_clicked_at
    from touches
    where customer_id is not null or anonymous_visitor_key is not null
),

facts as (
    select
        touch_id,
        customer_id,
        case when customer_id is null then anonymous_visitor_key end as anonymous_visitor_key,
        channel_group,
        campaign_id,
        touch_type,
        {{ business_date('touched_at') }} as business_date,
        touched_at
    from clicked
    where
        touch_type <> 'session'
        or last_clicked_at is null
        or last_clicked_at < {{ add_seconds('touched_at', -60 * var('session_gap_minutes')) }}
)

select * from facts
