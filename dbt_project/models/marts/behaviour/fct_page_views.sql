with page_views as (
    select * from {{ ref('int_web_page_views_measured') }}
    where {{ is_touched_session_day(ref('stg_web__events'), 'session_date') }}
),

sessions as (
    select * from {{ ref('fct_web_sessions') }}
    where {{ is_touched_session_day(ref('stg_web__events'), 'business_date') }}
),

facts as (
    select
        page_views.page_view_id,
        sessions.session_id,
        sessions.visitor_key,
        sessions.identity_key,
        sessions.customer_id,
        sessions.anonymous_visitor_key,
        page_views.brand_id,
        page_views.product_id,
        page_views.page_url,
        page_views.page_type,
        page_views.previous_page_url,
        page_views.next_page_url,
        page_views.device_class,
        page_views.layout_version,
        sessions.channel_group,
        page_views.page_number,
        page_views.click_count,
        page_views.add_to_cart_count,
        case
            when sessions.is_estimated then page_views.estimated_seconds
            else page_views.engaged_seconds
        end as engaged_seconds,
        page_views.absolute_seconds,
        page_views.scroll_depth,
        page_views.is_landing,
        page_views.is_exit,
        page_views.is_landing and not sessions.is_engaged as is_bounce,
        page_views.is_quick_back,
        sessions.is_estimated,
        sessions.is_bot,
        sessions.is_internal,
        page_views.business_date,
        page_views.session_date,
        page_views.viewed_at
    from page_views
    inner join sessions
        on
            'visitor_id:' || page_views.visitor_id = sessions.visitor_key
            and page_views.session_started_at = sessions.started_at
)

select * from facts
