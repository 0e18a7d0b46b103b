{# A session belongs to who logs in during it, else to whoever has the visitor when it begins. #}
with events as (
    select * from {{ ref('int_web_events_sessionised') }}
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
        'account_id:' || logins.web_customer_id as account_key,
        case when logins.web_customer_id is null then 'visitor_id:' || totals.visitor_id end
            as unnamed_visitor_key
    from totals
    left join logins
        on
            totals.visitor_id = logins.visitor_id
            and totals.session_started_at = logins.session_started_at
            and logins.login_number = 1
),

totalled as (
    select
        {{ session_id('web', 'keyed.visitor_id', 'keyed.session_started_at') }} as session_id,
        keyed.visitor_id,
        keyed.visitor_key,
        keyed.account_key,
        coalesce(keyed.account_key, keyed.visitor_key) as identity_key,
        coalesce(identities.customer_id, periods.customer_id) as customer_id,
        keyed.view_count,
        keyed.ping_count,
        keyed.click_count,
        keyed.search_count,
        keyed.search_without_result_count,
        keyed.add_to_cart_count,
        keyed.checkout_step_count,
        keyed.order_event_count,
        keyed.error_count,
        keyed.engaged_seconds,
        keyed.estimated_seconds,
        {{ seconds_between('keyed.session_started_at', 'keyed.ended_at') }} as duration_seconds,
        keyed.scroll_depth,
        keyed.business_date,
        keyed.session_started_at,
        keyed.ended_at
    from keyed
    left join identities on keyed.account_key = identities.identity_key
    left join periods
        on
            keyed.unnamed_visitor_key = periods.visitor_key
            and keyed.session_started_at >= periods.valid_from
            and keyed.session_started_at < periods.valid_to
)

select * from totalled
