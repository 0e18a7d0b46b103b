{# Seconds of attention by pings: of each heartbeat interval one ping counts, the first for less. #}
{% macro engaged_seconds(event_type, event_at) -%}
    cast(
        greatest(
            {{ var('heartbeat_seconds') }}
            * (
                count(distinct {{ ping_interval(event_at) }})
                    filter (where {{ event_type }} = 'heartbeat')
                - 1
            )
            + {{ var('first_ping_seconds') }},
            0
        ) as double
    )
{%- endmacro %}

{# Number of the heartbeat interval, counted from 1970, in which a moment lies. #}
{% macro ping_interval(event_at) -%}
    floor({{ epoch_milliseconds(event_at) }} / {{ var('heartbeat_seconds') * 1000 }})
{%- endmacro %}

{# Seconds of attention where a source sends no pings: each gap between events, up to a limit. #}
{% macro estimated_seconds(seconds_to_next) -%}
    {%- set limit = var('longest_gap_seconds') -%}
    {%- set counted -%}
        case when {{ seconds_to_next }} > {{ limit }} then {{ limit }} else {{ seconds_to_next }} end
    {%- endset -%}
    coalesce({{ total_seconds(counted) }}, 0)
{%- endmacro %}

{# The number of a session: its source, the visitor and the moment at which it begins. #}
{% macro session_id(source, visitor, started_at) -%}
    '{{ source }}:' || {{ visitor }} || ':' || cast({{ epoch_milliseconds(started_at) }} as string)
{%- endmacro %}
