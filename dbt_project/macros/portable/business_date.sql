{# The calendar date of a UTC timestamp in the reporting time zone. #}
{% macro business_date(timestamp_utc) -%}
    {%- if var('reporting_time_zone') == 'UTC' -%}
        cast({{ timestamp_utc }} as date)
    {%- else -%}
        {{ adapter.dispatch('business_date', 'rapport')(timestamp_utc) }}
    {%- endif -%}
{%- endmacro %}

{% macro duckdb__business_date(timestamp_utc) -%}
    cast(timezone('{{ var('reporting_time_zone') }}', timezone('UTC', {{ timestamp_utc }})) as date)
{%- endmacro %}

{% macro spark__business_date(timestamp_utc) -%}
    cast(from_utc_timestamp({{ timestamp_utc }}, '{{ var('reporting_time_zone') }}') as date)
{%- endmacro %}
