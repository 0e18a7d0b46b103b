{#
    Common table expressions that end in `spans`: the sessions (session_started_at,
    next_started_at) of those bursts of events without a pause that reach the longest session. The
    next session begins with the first event that is `longest_session_hours` or more after the start
    of the one before, so that only these events are walked through one session after the other.
    `bursts` has the visitor's column, burst_started_at and event_at; the model begins with
    `with recursive`.
#}
{% macro long_sessions(bursts, visitor) %}
long_bursts as (
    select distinct
        {{ visitor }},
        burst_started_at
    from {{ bursts }}
    where event_at >= {{ add_hours('burst_started_at', var('longest_session_hours')) }}
),

followed as (
    select
        events.{{ visitor }},
        events.burst_started_at,
        events.event_at,
        min(events.event_at) over (
            partition by events.{{ visitor }}, events.burst_started_at
            order by {{ epoch_milliseconds('events.event_at') }}
            range between {{ var('longest_session_hours') * 3600000 }} following and unbounded following
        ) as next_started_at
    from {{ bursts }} as events
    inner join long_bursts
        on
            events.{{ visitor }} = long_bursts.{{ visitor }}
            and events.burst_started_at = long_bursts.burst_started_at
),

steps as (
    select distinct * from followed
    where next_started_at is not null
),

chains as (
    select
        {{ visitor }},
        burst_started_at,
        burst_started_at as session_started_at
    from long_bursts
    union all
    select
        steps.{{ visitor }},
        steps.burst_started_at,
        steps.next_started_at as session_started_at
    from chains
    inner join steps
        on
            chains.{{ visitor }} = steps.{{ visitor }}
            and chains.burst_started_at = steps.burst_started_at
            and chains.session_started_at = steps.event_at
),

spans as (
    select
        *,
        coalesce(
            lead(session_started_at) over (
                partition by {{ visitor }}, burst_started_at order by session_started_at
            ),
            cast('9999-12-31' as timestamp)
        ) as next_started_at
    from chains
)
{% endmacro %}

{#
    Whether the events of a visitor on one date may be of a burst that reaches the longest session:
    of one so long, 23 hours or half of it lie on one date, and within them no pause is longer than
    `session_gap_minutes`.
#}
{% macro may_reach_longest_session(event_at) -%}
    {%- set minutes = [23, var('longest_session_hours') / 2] | min * 60 -%}
    {%- set gap = var('session_gap_minutes') -%}
    count(*) >= {{ (minutes / gap - 1) | round(0, 'floor') | int }}
    and max({{ event_at }})
    >= {{ add_seconds('min(' ~ event_at ~ ')', ([minutes - 2 * gap, 0] | max * 60) | int) }}
{%- endmacro %}
