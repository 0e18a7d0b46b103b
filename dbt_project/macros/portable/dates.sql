{# Whole days from one date to a later one. #}
{% macro days_between(first_date, last_date) -%}
    {{ adapter.dispatch('days_between', 'rapport')(first_date, last_date) }}
{%- endmacro %}

{% macro duckdb__days_between(first_date, last_date) -%}
    cast(date_diff('day', {{ first_date }}, {{ last_date }}) as integer)
{%- endmacro %}

{% macro spark__days_between(first_date, last_date) -%}
    datediff({{ last_date }}, {{ first_date }})
{%- endmacro %}

{# A date moved by whole days. #}
{% macro add_days(date, days) -%}
    {{ adapter.dispatch('add_days', 'rapport')(date, days) }}
{%- endmacro %}

{% macro duckdb__add_days(date, days) -%}
    {{ date }} + cast({{ days }} as integer)
{%- endmacro %}

{% macro spark__add_days(date, days) -%}
    date_add({{ date }}, cast({{ days }} as int))
{%- endmacro %}

{# First day of the month, quarter, year or ISO week of a date. #}
{% macro period_start(period, date) -%}
    cast(date_trunc('{{ period }}', {{ date }}) as date)
{%- endmacro %}

{# Calendar months from one date to a later one. #}
{% macro months_between(first_date, last_date) -%}
    cast(
        (extract(year from {{ last_date }}) - extract(year from {{ first_date }})) * 12
        + extract(month from {{ last_date }}) - extract(month from {{ first_date }}) as integer
    )
{%- endmacro %}

{# Last day of the month of a date. #}
{% macro month_end(date) -%}
    last_day({{ date }})
{%- endmacro %}

{# Day of the ISO week, Monday 1 to Sunday 7. #}
{% macro iso_day_of_week(date) -%}
    {{ adapter.dispatch('iso_day_of_week', 'rapport')(date) }}
{%- endmacro %}

{% macro duckdb__iso_day_of_week(date) -%}
    cast(isodow({{ date }}) as integer)
{%- endmacro %}

{% macro spark__iso_day_of_week(date) -%}
    weekday({{ date }}) + 1
{%- endmacro %}

{# A date moved by whole calendar months; the last day of a shorter month stands in. #}
{% macro add_months(date, months) -%}
    {{ adapter.dispatch('add_months', 'rapport')(date, months) }}
{%- endmacro %}

{% macro duckdb__add_months(date, months) -%}
    cast(date_add({{ date }}, to_months(cast({{ months }} as integer))) as date)
{%- endmacro %}

{% macro spark__add_months(date, months) -%}
    add_months({{ date }}, {{ months }})
{%- endmacro %}

{# A moment moved by whole hours. #}
{% macro add_hours(moment, hours) -%}
    {{ adapter.dispatch('add_hours', 'rapport')(moment, hours) }}
{%- endmacro %}

{% macro duckdb__add_hours(moment, hours) -%}
    {{ moment }} + to_hours(cast({{ hours }} as integer))
{%- endmacro %}

{% macro spark__add_hours(moment, hours) -%}
    {{ moment }} + make_interval(0, 0, 0, 0, cast({{ hours }} as int), 0, 0)
{%- endmacro %}
