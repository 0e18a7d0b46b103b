{#
    What an incremental model of sessions makes anew: the sessions that began on a touched date or on
    the day before or after it, and all sessions of a visitor who was there for a whole day without
    a pause. A change reaches no further than the next pause, so that whoever paused on each of these
    days is done with them. `meta.session_date` of the model names the column of the date on which a
    session began; `days_before` and `days_after` are 1.
#}
{% macro is_touched_session(events, session_date, visitor='visitor_id') -%}
    ({{ is_touched(session_date) }}{{ or_is_unbroken(events, visitor) }})
{%- endmacro %}

{# Whether an event has to be read to make these sessions: one more day on both sides shows where
   they begin and end. #}
{% macro is_near_touched_session(events, visitor='visitor_id') -%}
    ({{ is_touched('business_date', 'event_at', reach=1) }}{{ or_is_unbroken(events, visitor) }})
{%- endmacro %}

{# Nothing where there is no such visitor, as is usual: an `or` would have everything read. #}
{% macro or_is_unbroken(events, visitor) -%}
    {%- if is_increment() -%}
        {%- set found = unbroken_visitors(events) -%}
        {%- if run_query(found ~ ' limit 1').rows -%}
            {{ ' ' }}or {{ visitor }} in ({{ found }})
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}

{#
    The visitors who, on one of the days that are read, were there in as many slots of
    `session_gap_minutes` as a day without a longer pause has: a day may have 23 hours, and the first
    and the last slot may be empty.
#}
{% macro unbroken_visitors(events) -%}
    {%- set minutes = var('session_gap_minutes') -%}
    select visitor_id
    from {{ events }}
    where
        {{ is_touched('business_date', 'event_at', reach=1) }}
        and {{ until_as_of('business_date') }}
    group by visitor_id, business_date
    having
        count(distinct floor({{ epoch_milliseconds('event_at') }} / {{ minutes * 60000 }}))
        >= {{ [23 * 60 // minutes - 3, 1] | max }}
{%- endmacro %}
