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
    Whether a row of a day on which sessions began is made anew: where a row says something of all
    sessions of its day, and not of one visitor's alone, the days on which such a visitor was there
    are made anew as a whole.
#}
{% macro is_touched_session_day(events, session_date) -%}
    ({{ is_touched(session_date) }}
    {%- if is_increment() -%}
        {{ or_is_among(session_date, days_of_unbroken(events)) }}
    {%- endif -%})
{%- endmacro %}

{#
    Whether a day is made anew on which something happened in sessions that may be made anew, or
    whose key has moved to another customer. `meta.day_of_sessions` of the model names the column of
    that day. `sessions` has identity_key and the date on which the session began; its events lie on
    this date and at most two more. `reach` as in `is_touched`.
#}
{% macro is_touched_day_of_sessions(
    events, sessions, business_date, event_at=none, reach=0
) -%}
    {%- set moved_keys = ref('stg_identity__moved_keys') -%}
    ({{ is_touched(business_date, event_at, reach) }}
    {%- if is_increment() -%}
        {%- for began in [days_of_unbroken(events), days_of_moved(sessions, moved_keys)] -%}
            {%- set days = [] -%}
            {%- for later in range(-reach, 3 + reach) -%}
                {%- do days.append(
                    'select ' ~ add_days('began.session_date', later) ~ ' from (' ~ began ~ ') as began'
                ) -%}
            {%- endfor -%}
            {{ or_is_among(business_date, days | join(' union all ')) }}
        {%- endfor -%}
    {%- endif -%})
{%- endmacro %}

{# Nothing where there are no such days. #}
{% macro or_is_among(date, days) -%}
    {%- if run_query('select * from (' ~ days ~ ') as days limit 1').rows -%}
        {{ ' ' }}or {{ date }} in ({{ days }})
    {%- endif -%}
{%- endmacro %}

{% macro days_of_unbroken(events) -%}
    select business_date as session_date
    from {{ events }}
    where visitor_id in ({{ unbroken_visitors(events) }})
{%- endmacro %}

{% macro days_of_moved(sessions, moved_keys) -%}
    select business_date as session_date
    from {{ sessions }}
    where identity_key in (select identity_key from {{ moved_keys }})
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
