{# A timestamp moved by whole seconds. #}
{% macro add_seconds(timestamp, seconds) -%}
    {{ adapter.dispatch('add_seconds', 'rapport')(timestamp, seconds) }}
{%- endmacro %}

{% macro duckdb__add_seconds(timestamp, seconds) -%}
    {{ timestamp }} + to_seconds({{ seconds }})
{%- endmacro %}

{% macro spark__add_seconds(timestamp, seconds) -%}
    timestampadd(second, {{ seconds }}, {{ timestamp }})
{%- endmacro %}

{# Whole milliseconds from 1970 to a moment (UTC). #}
{% macro epoch_milliseconds(moment) -%}
    {{ adapter.dispatch('epoch_milliseconds', 'rapport')(moment) }}
{%- endmacro %}

{% macro duckdb__epoch_milliseconds(moment) -%}
    epoch_ms({{ moment }})
{%- endmacro %}

{% macro spark__epoch_milliseconds(moment) -%}
    unix_millis({{ moment }})
{%- endmacro %}

{# Seconds from one moment to a later one, to the millisecond. #}
{% macro seconds_between(first_moment, last_moment) -%}
    cast(
        {{ epoch_milliseconds(last_moment) }} - {{ epoch_milliseconds(first_moment) }} as double
    ) / 1000
{%- endmacro %}
