{#
    When a fact was first known, and whether that was later after its event than its contract
    promises. What came with the first delivery of a source is not late: it could not come sooner.
    For rows of latest_version.
#}
{% macro known_at(source_name, extract, event_at) -%}
    {%- set days = late_after_days(source_name, extract) -%}
    coalesce(_known_at, _received_at) as known_at,
    {% if days is none -%}
        cast(null as boolean)
    {%- else -%}
        coalesce(_known_at, _received_at) > {{ add_seconds(event_at, (days * 86400) | int) }}
        and coalesce(_known_at, _received_at) > (select min(_received_at) from {{ source(source_name, extract) }})
    {%- endif %} as is_late
{%- endmacro %}
