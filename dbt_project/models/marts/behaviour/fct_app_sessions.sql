{# A session belongs to who logs in first during it, else to whoever has the device then. #}
with events as (
    select
        *,
        {{ first_known('app_customer_id') }} over whole_session as login_customer_id,
        {{ first_known('app_order_id') }} over whole_session as first_order_id,
        {{ first_known('screen') }} over whole_session as first_screen,
        {{ last_known('screen') }} over whole_session as last_screen,
        {{ last_known('event_type') }} over whole_session as last_event_type
    from {{ ref('int_app_events_sessionised') }}
    window whole_session as (
        partition by device_id, session_started_at order by event_at, event_id
        rows between unbounded preceding and unbounded following
    )
),

identities as (
    select * from {{ ref('int_identities_resolved') }}
),

periods as (
    select
        visitor_key,
        customer_id,
        coalesce(valid_from, cast('0001-01-01' as timestamp)) as valid_from,
        coalesce(valid_to, cast('9999-12-31' as timestamp)) as valid_to
    from {{ ref('int_visitor_periods_resolved') }}
),

totals as (
    select
        device_id,
        session_started_at,
        'device_id:' || device_id as visitor_key,
        'account_id:' || max(login_customer_id) as account_key,
        case when max(login_customer_id) is null then 'device_id:' || device_id end
            as unnamed_visitor_key,
        'shop:' || max(first_order_id) as order_id,
        {% for column in ['brand_id', 'platform', 'app_version', 'first_screen', 'last_screen'] %}
            max({{ column }}) as {{ column }},
        {% endfor %}
        {% for name, event_type in {
            'view': 'screen_view', 'tap': 'tap', 'search': 'search', 'add_to_cart': 'add_to_cart',
            'checkout_step': 'checkout_step', 'order_event': 'order', 'error': 'error', 'push': 'push_opened',
        }.items() %}
            count(case when event_type = '{{ event_type }}' then 1 end) as {{ name }}_count,
        {% endfor %}
        count(case when event_type = 'screen_view' then product_id end) as product_view_count,
        count(distinct app_order_id) as order_count,
        {{ estimated_seconds('seconds_to_next') }} as engaged_seconds,
        max(last_event_type) = 'error' as has_ended_in_error,
        max(event_at) as ended_at,
        min(session_date) as business_date
    from events
    group by device_id, session_started_at
),

facts as (
    select
        {{ session_id('app', 'totals.device_id', 'totals.session_started_at') }} as session_id,
        totals.visitor_key,
        coalesce(totals.account_key, totals.visitor_key) as identity_key,
        coalesce(identities.customer_id, periods.customer_id) as customer_id,
        case
            when coalesce(identities.customer_id, periods.customer_id) is null
                then totals.visitor_key
        end as anonymous_visitor_key,
        totals.brand_id,
        totals.order_id,
        totals.platform,
        totals.app_version,
        totals.first_screen,
        totals.last_screen,
        {% for count in [
            'view', 'product_view', 'tap', 'search', 'add_to_cart', 'checkout_step', 'order', 'error',
        ] %}
            totals.{{ count }}_count,
        {% endfor %}
        {{ seconds_between('totals.session_started_at', 'totals.ended_at') }} as duration_seconds,
        totals.engaged_seconds,
        totals.view_count >= {{ var('engaged_session_views') }}
        or totals.engaged_seconds >= {{ var('engaged_session_seconds') }}
        or totals.order_event_count > 0 as is_engaged,
        totals.order_event_count > 0 as is_converted,
        totals.account_key is not null as is_logged_in,
        totals.push_count > 0 as is_from_push,
        totals.has_ended_in_error,
        coalesce(totals.device_id in {{ text_list(var('internal_ids')) }}, false)
        or coalesce(
            substring(totals.account_key, 12) in {{ text_list(var('internal_ids')) }}, false
        ) as is_internal,
        totals.business_date,
        totals.session_started_at as started_at,
        totals.ended_at
    from totals
    left join identities on totals.account_key = identities.identity_key
    left join periods
        on
            totals.unnamed_visitor_key = periods.visitor_key
            and totals.session_started_at >= periods.valid_from
            and totals.session_started_at < periods.valid_to
)

select * from facts
