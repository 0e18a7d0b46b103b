with events as (
    select * from {{ ref('int_web_events_sessionised') }}
    where
        page_view_id is not null
        and {{ is_touched_session(ref('int_web_events_sessionised'), 'session_date') }}
),

views as (
    select * from {{ ref('stg_web__events') }}
    where
        event_type = 'page_view'
        and {{ until_as_of('business_date') }}
        and {{ is_near_touched_session(ref('int_web_events_sessionised')) }}
),

attention as (
    select
        page_view_id,
        count(case when event_type = 'heartbeat' then 1 end) as ping_count,
        count(case when event_type = 'click' then 1 end) as click_count,
        count(case when event_type = 'add_to_cart' then 1 end) as add_to_cart_count,
        {{ engaged_seconds('event_type', 'event_at') }} as engaged_seconds,
        {{ estimated_seconds('seconds_to_next') }} as estimated_seconds,
        max(scroll_depth) as scroll_depth,
        min(session_date) as session_date,
        max(event_at) as last_event_at,
        max(session_started_at) as session_started_at
    from events
    group by page_view_id
),

placed as (
    select
        attention.*,
        views.visitor_id,
        views.brand_id,
        views.product_id,
        views.campaign_id,
        views.page_url,
        views.page_type,
        views.referrer,
        views.utm_source,
        views.utm_medium,
        views.device_class,
        views.user_agent,
        views.ip_class,
        views.layout_version,
        views.business_date,
        views.event_at as viewed_at
    from attention
    inner join views on attention.page_view_id = views.event_id
),

ordered as (
    select
        *,
        row_number() over session_pages as page_number,
        lag(page_url) over session_pages as previous_page_url,
        lead(page_url) over session_pages as next_page_url,
        lead(viewed_at) over session_pages as next_viewed_at
    from placed
    window session_pages as (
        partition by visitor_id, session_started_at order by viewed_at, page_view_id
    )
),

measured as (
    select
        page_view_id,
        visitor_id,
        brand_id,
        product_id,
        campaign_id,
        page_url,
        page_type,
        previous_page_url,
        next_page_url,
        referrer,
        utm_source,
        utm_medium,
        device_class,
        user_agent,
        ip_class,
        layout_version,
        page_number,
        ping_count,
        click_count,
        add_to_cart_count,
        engaged_seconds,
        estimated_seconds,
        {{ seconds_between('viewed_at', 'coalesce(next_viewed_at, last_event_at)') }}
            as absolute_seconds,
        scroll_depth,
        page_number = 1 as is_landing,
        next_viewed_at is null as is_exit,
        coalesce(
            next_page_url = previous_page_url
            and {{ seconds_between('viewed_at', 'next_viewed_at') }}
            < {{ var('quick_back_seconds') }},
            false
        ) as is_quick_back,
        business_date,
        session_date,
        viewed_at,
        session_started_at
    from ordered
)

select * from measured
