with events as (
    select * from {{ ref('int_web_events_sessionised') }}
    where {{ is_touched_session(ref('int_web_events_sessionised'), 'session_date') }}
),

totals as (
    select
        visitor_id,
        session_started_at,
        min(session_date) as business_date,
        max(event_at) as ended_at,
        {% for name, event_type in {
            'view': 'page_view', 'ping': 'heartbeat', 'click': 'click', 'search': 'search',
            'add_to_cart': 'add_to_cart', 'checkout_step': 'checkout_step', 'order_event': 'order',
            'error': 'app_error',
        }.items() %}
            count(case when event_type = '{{ event_type }}' then 1 end) as {{ name }}_count,
        {% endfor %}
        count(case when event_type = 'search' and search_result_count = 0 then 1 end)
            as search_without_result_count,
        {{ engaged_seconds('event_type', 'event_at') }} as engaged_seconds,
        {{ estimated_seconds('seconds_to_next') }} as estimated_seconds,
        max(scroll_depth) as scroll_depth
    from events
    group by visitor_id, session_started_at
),

logins as (
    select
        visitor_id,
        session_started_at,
        web_customer_id,
        row_number() over (
            partition by visitor_id, session_started_at order by min(event_at), web_customer_id
        ) as login_number
    from events
    where web_customer_id is not null
    group by visitor_id, session_started_at, web_customer_id
),

keyed as (
    select
        totals.*,
        'visitor_id:' || totals.visitor_id as visitor_key,
        'account_id:' || logins.web_customer_id as account_key
    from totals
    left join logins
        on
            totals.visitor_id = logins.visitor_id
            and totals.session_started_at = logins.session_started_at
            and logins.login_number = 1
),

totalled as (
    select
        {{ session_id('web', 'visitor_id', 'session_started_at') }} as session_id,
        visitor_id,
        visitor_key,
        account_key,
        coalesce(account_key, visitor_key) as identity_key,
        view_count,
        ping_count,
        click_count,
        search_count,
        search_without_result_count,
        add_to_cart_count,
        checkout_step_count,
        order_event_count,
        error_count,
        engaged_seconds,
        estimated_seconds,
        {{ seconds_between('session_started_at', 'ended_at') }} as duration_seconds,
        scroll_depth,
        business_date,
        session_started_at,
        ended_at
    from keyed
)

select * from totalled
