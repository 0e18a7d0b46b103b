{# A session belongs to who logs in during it, else to whoever has the visitor when it begins. #}
with totals as (
    select * from {{ ref('int_web_sessions_totalled') }}
    where {{ is_touched_session_day(ref('stg_web__events'), 'business_date') }}
),

judgements as (
    select * from {{ ref('int_web_sessions_judged') }}
    where {{ is_touched_session_day(ref('stg_web__events'), 'session_date') }}
),

owners as (
    select * from {{ ref('int_identity_owners') }}
),

entrances as (
    select * from {{ ref('int_web_entrances_grouped') }}
),

events as (
    select * from {{ ref('int_web_events_sessionised') }}
    where
        event_type = 'order'
        and {{ is_touched_session_day(ref('stg_web__events'), 'session_date') }}
),

numbers as (
    select
        event_id,
        'shop:' || web_order_id as order_id
    from {{ ref('stg_web__events') }}
    where event_type = 'order'
),

ordered as (
    select
        events.visitor_id,
        events.session_started_at,
        numbers.order_id,
        row_number() over (
            partition by events.visitor_id, events.session_started_at
            order by events.event_at, events.event_id
        ) as event_number
    from events
    inner join numbers on events.event_id = numbers.event_id
),

orders as (
    select
        visitor_id,
        session_started_at,
        count(distinct order_id) as order_count,
        max(case when event_number = 1 then order_id end) as order_id
    from ordered
    group by visitor_id, session_started_at
),

joined as (
    select
        totals.*,
        coalesce(judgements.landing_brand_id, '{{ var("default_brand") }}') as brand_id,
        judgements.landing_campaign_id as campaign_id,
        judgements.landing_device_class as device_class,
        judgements.landing_page_url,
        judgements.landing_page_type,
        judgements.exit_page_url,
        judgements.exit_page_type,
        judgements.landing_referrer as referrer,
        entrances.source,
        entrances.medium,
        entrances.channel_group,
        judgements.bot_reason,
        orders.order_id,
        coalesce(orders.order_count, 0) as order_count,
        {% for count in ['product_view', 'quick_back', 'rage_click', 'dead_click', 'error_click'] %}
            coalesce(judgements.{{ count }}_count, 0) as {{ count }}_count,
        {% endfor %}
        coalesce(judgements.is_office, false)
        or coalesce(totals.visitor_id in {{ text_list(var('internal_ids')) }}, false)
        or coalesce(
            substring(totals.account_key, 12) in {{ text_list(var('internal_ids')) }}, false
        ) as is_internal,
        max(totals.ping_count) over (
            partition by
                coalesce(judgements.landing_brand_id, '{{ var("default_brand") }}'),
                totals.business_date
        ) = 0 as is_estimated
    from totals
    left join judgements
        on
            totals.visitor_id = judgements.visitor_id
            and totals.session_started_at = judgements.session_started_at
    left join entrances
        on
            coalesce(judgements.landing_referrer, '') = entrances.landing_referrer
            and coalesce(judgements.landing_utm_source, '') = entrances.landing_source
            and coalesce(judgements.landing_utm_medium, '') = entrances.landing_medium
            and (judgements.landing_campaign_id is not null) = entrances.has_campaign
            and judgements.visitor_id is not null
    left join orders
        on
            totals.visitor_id = orders.visitor_id
            and totals.session_started_at = orders.session_started_at
),

owned as (
    select
        joined.*,
        {{ of_owner('customer_id') }} as customer_id
    from joined
    {{ join_owners('owners', 'joined', event_at='session_started_at') }}
),

measured as (
    select
        *,
        case when is_estimated then estimated_seconds else engaged_seconds end as attention_seconds
    from owned
),

facts as (
    select
        session_id,
        visitor_key,
        identity_key,
        customer_id,
        case when customer_id is null then visitor_key end as anonymous_visitor_key,
        brand_id,
        campaign_id,
        order_id,
        source,
        medium,
        channel_group,
        referrer,
        device_class,
        landing_page_url,
        landing_page_type,
        exit_page_url,
        exit_page_type,
        bot_reason,
        {% for count in [
            'view', 'product_view', 'click', 'search', 'search_without_result', 'add_to_cart', 'checkout_step',
            'order', 'error', 'rage_click', 'dead_click', 'error_click', 'quick_back',
        ] %}
            {{ count }}_count,
        {% endfor %}
        duration_seconds,
        attention_seconds as engaged_seconds,
        scroll_depth,
        {{ frustration_score('attention_seconds') }} as frustration_score,
        view_count >= {{ var('engaged_session_views') }}
        or attention_seconds >= {{ var('engaged_session_seconds') }}
        or order_event_count > 0 as is_engaged,
        order_event_count > 0 as is_converted,
        account_key is not null as is_logged_in,
        is_estimated,
        bot_reason is not null as is_bot,
        is_internal,
        business_date,
        session_started_at as started_at,
        ended_at
    from measured
)

select * from facts
