with page_views as (
    select * from {{ ref('int_web_page_views_measured') }}
    where {{ is_touched_session(ref('int_web_events_sessionised'), 'session_date') }}
),

clicks as (
    select * from {{ ref('int_web_clicks_judged') }}
    where {{ is_touched_session(ref('int_web_events_sessionised'), 'session_date') }}
),

robots as (
    select * from {{ ref('bot_user_agents') }}
),

agents as (
    select
        seen.user_agent,
        bool_and(robots.is_bot) as is_robot
    from (select distinct user_agent from page_views) as seen
    inner join robots on contains(lower(seen.user_agent), robots.pattern)
    group by seen.user_agent
),

frustrations as (
    select
        visitor_id,
        session_started_at,
        count(case when is_rage_burst then 1 end) as rage_click_count,
        count(case when is_dead then 1 end) as dead_click_count,
        count(case when is_error then 1 end) as error_click_count
    from clicks
    group by visitor_id, session_started_at
),

pages as (
    select
        page_views.visitor_id,
        page_views.session_started_at,
        {% for column in [
            'brand_id', 'page_url', 'page_type', 'device_class', 'campaign_id', 'referrer', 'utm_source', 'utm_medium',
        ] %}
            max(case when page_views.is_landing then page_views.{{ column }} end)
                as landing_{{ column }},
        {% endfor %}
        min(page_views.session_date) as session_date,
        max(case when page_views.is_exit then page_views.page_url end) as exit_page_url,
        max(case when page_views.is_exit then page_views.page_type end) as exit_page_type,
        count(page_views.product_id) as product_view_count,
        count(case when page_views.is_quick_back then 1 end) as quick_back_count,
        count(distinct page_views.user_agent) as user_agent_count,
        coalesce(bool_or(agents.is_robot), false) as is_robot,
        coalesce(bool_or(page_views.ip_class = 'office'), false) as is_office,
        {{ divide("count(case when page_views.ip_class = 'data_centre' then 1 end)", "count(*)") }}
            as data_centre_share
    from page_views
    left join agents on page_views.user_agent = agents.user_agent
    group by page_views.visitor_id, page_views.session_started_at
),

judged as (
    select
        pages.*,
        coalesce(frustrations.rage_click_count, 0) as rage_click_count,
        coalesce(frustrations.dead_click_count, 0) as dead_click_count,
        coalesce(frustrations.error_click_count, 0) as error_click_count,
        case
            when pages.is_robot then 'user_agent'
            when pages.user_agent_count >= {{ var('bot_user_agent_count') }}
                then 'changing_user_agent'
            when pages.data_centre_share >= {{ var('bot_data_centre_share') }}
                then 'data_centre'
        end as bot_reason
    from pages
    left join frustrations
        on
            pages.visitor_id = frustrations.visitor_id
            and pages.session_started_at = frustrations.session_started_at
)

select * from judged
