{# One row per date from `first_date` to `last_date`, columns of the one-row relation given. #}
{% macro date_spine(bounds) -%}
    {{ adapter.dispatch('date_spine', 'rapport')(bounds) }}
{%- endmacro %}

{% macro duckdb__date_spine(bounds) %}
    select cast(unnest(generate_series(first_date, last_date, interval 1 day)) as date) as business_date
    from {{ bounds }}
{% endmacro %}

{% macro spark__date_spine(bounds) %}
    select explode(sequence(first_date, last_date, interval 1 day)) as business_date
    from {{ bounds }}
{% endmacro %}
