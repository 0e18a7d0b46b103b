{# Clicks elsewhere may lie amid a burst, so that not only the next in a row are looked at. #}
{% set neighbours = [1, 2, 3, 4] %}
{% set pixels = 'power(' ~ var('rage_click_pixels') ~ ', 2)' %}
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
        {% for n in neighbours %}
            lag(event_at, {{ n }}) over session_clicks as at_{{ n }},
            lag(x, {{ n }}) over session_clicks as x_{{ n }},
            lag(y, {{ n }}) over session_clicks as y_{{ n }},
        {% endfor %}
        *
    from placed
    window session_clicks as (
        partition by visitor_id, session_started_at order by event_at, event_id
    )
),

neighboured as (
    select
        {% for n in neighbours %}
            coalesce(
                {{ seconds_between('at_' ~ n, 'event_at') }} <= {{ var('rage_click_seconds') }}
                and power(x - x_{{ n }}, 2) + power(y - y_{{ n }}, 2) <= {{ pixels }},
                false
            ) as is_near_{{ n }},
        {% endfor %}
        *
    from compared
),

counted as (
    select
        *,
        false
        {% for n in neighbours %}
            {% for m in neighbours if m > n %}
                or (
                    is_near_{{ n }}
                    and is_near_{{ m }}
                    and power(x_{{ n }} - x_{{ m }}, 2) + power(y_{{ n }} - y_{{ m }}, 2)
                    <= {{ pixels }}
                )
            {% endfor %}
        {% endfor %}
            as is_third
    from neighboured
),

judged as (
    select
        event_id,
        visitor_id,
        page_view_id,
        element,
        x / nullif(page_width, 0) as x_share,
        y,
        is_third
        {% for n in neighbours %}
            or coalesce(lead(is_third and is_near_{{ n }}, {{ n }}) over session_clicks, false)
        {% endfor %}
            as is_rage,
        is_third
        {% for n in neighbours %}
            and not (is_near_{{ n }} and lag(is_third, {{ n }}) over session_clicks)
        {% endfor %}
            as is_rage_burst,
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
