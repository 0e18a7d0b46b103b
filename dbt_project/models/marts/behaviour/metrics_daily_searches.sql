with events as (
    select * from {{ ref('int_web_events_sessionised') }}
    where
        event_type = 'search'
        and {{ is_touched_day_of_sessions(
            ref('stg_web__events'), ref('fct_web_sessions'), 'business_date', 'event_at'
        ) }}
),

terms as (
    select
        event_id,
        case when contains(search_term, '@') then '(withheld)' else lower(trim(search_term)) end
            as search_term
    from {{ ref('stg_web__events') }}
    where
        event_type = 'search'
        and {{ is_touched_day_of_sessions(
            ref('stg_web__events'), ref('fct_web_sessions'), 'business_date', 'event_at'
        ) }}
),

sessions as (
    select * from {{ ref('fct_web_sessions') }}
    where
        not is_bot
        and not is_internal
        and {{ is_touched_day_of_sessions(
            ref('stg_web__events'), ref('fct_web_sessions'), 'business_date', reach=1
        ) }}
),

page_views as (
    select * from {{ ref('fct_page_views') }}
    where
        {{ is_touched_day_of_sessions(
            ref('stg_web__events'), ref('fct_web_sessions'), 'business_date', reach=1
        ) }}
),

searches as (
    select
        events.business_date,
        sessions.brand_id,
        coalesce(terms.search_term, '(unknown)') as search_term,
        events.search_result_count,
        sessions.session_id,
        coalesce(sessions.customer_id, sessions.anonymous_visitor_key) as person_key,
        coalesce(page_views.is_exit, false) as is_exit,
        sessions.is_converted
    from events
    inner join terms on events.event_id = terms.event_id
    inner join sessions
        on
            'visitor_id:' || events.visitor_id = sessions.visitor_key
            and events.session_started_at = sessions.started_at
    left join page_views on events.page_view_id = page_views.page_view_id
),

daily as (
    select
        business_date,
        brand_id,
        search_term,
        count(*) as search_count,
        count(distinct session_id) as session_count,
        count(distinct person_key) as person_count,
        count(search_result_count) as counted_search_count,
        count(case when search_result_count = 0 then 1 end) as search_without_result_count,
        count(case when is_exit then 1 end) as exit_count,
        count(distinct case when is_converted then session_id end) as converted_session_count
    from searches
    group by business_date, brand_id, search_term
),

rates as (
    select
        *,
        {{ divide('search_without_result_count', 'counted_search_count') }}
            as search_without_result_rate
    from daily
)

select * from rates
