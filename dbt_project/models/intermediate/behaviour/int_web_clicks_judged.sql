with clicks as (
    select * from {{ ref('int_web_events_sessionised') }}
    where
        event_type = 'click'
        and {{ is_touched_session(ref('int_web_events_sessionised'), 'session_date') }}
),

positions as (
    select
        event_id,
        element,
        x,
        y,
        page_width
    from {{ ref('stg_web__events') }}
    where
        event_type = 'click'
        and {{ until_as_of('business_date') }}
        and {{ is_near_touched_session(ref('int_web_events_sessionised')) }}
),

placed as (
    select
        clicks.*,
        positions.element,
        positions.x,
        positions.y,
        positions.page_width
    from clicks
    inner join positions on clicks.event_id = positions.event_id
),

compared as (
    select
        *,
        lag(event_at, 2) over session_clicks as first_at,
        lag(x, 2) over session_clicks as first_x,
        lag(y, 2) over session_clicks as first_y,
        lag(x) over session_clicks as second_x,
        lag(y) over session_clicks as second_y
    from placed
    window session_clicks as (
        partition by visitor_id, session_started_at order by event_at, event_id
    )
),

counted as (
    select
        *,
        coalesce(
            {{ seconds_between('first_at', 'event_at') }} <= {{ var('rage_click_seconds') }}
            {% for left, right in [('', 'first_'), ('', 'second_'), ('first_', 'second_')] %}
                and power({{ left }}x - {{ right }}x, 2) + power({{ left }}y - {{ right }}y, 2)
                <= power({{ var('rage_click_pixels') }}, 2)
            {% endfor %},
            false
        ) as is_third
    from compared
),

judged as (
    select
        event_id,
        visitor_id,
        page_view_id,
        element,
        x / nullif(page_width, 0) as x_share,
        y,
        is_third or coalesce(lead(is_third) over session_clicks, false)
        or coalesce(lead(is_third, 2) over session_clicks, false) as is_rage,
        is_third and not coalesce(lag(is_third) over session_clicks, false) as is_rage_burst,
        coalesce(seconds_to_response > {{ var('dead_click_seconds') }}, true) as is_dead,
        coalesce(seconds_to_error <= {{ var('error_click_seconds') }}, false) as is_error,
        business_date,
        session_date,
        event_at,
        session_started_at
    from counted
    window session_clicks as (
        partition by visitor_id, session_started_at order by event_at, event_id
    )
)

select * from judged
