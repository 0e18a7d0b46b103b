{# The interpolated percentile of a group's numbers as a double; median = 0.5. #}
{% macro percentile(column, share) -%}
    {{ adapter.dispatch('percentile', 'rapport')(column, share) }}
{%- endmacro %}

{% macro duckdb__percentile(column, share) -%}
    cast(quantile_cont({{ column }}, {{ share }}) as double)
{%- endmacro %}

{% macro spark__percentile(column, share) -%}
    cast(percentile({{ column }}, {{ share }}) as double)
{%- endmacro %}

{# The least number of a group that the given share of its numbers do not exceed. #}
{% macro percentile_discrete(column, share) -%}
    percentile_disc({{ share }}) within group (order by {{ column }})
{%- endmacro %}

{# The distinct texts of a group in order, joined by a comma. #}
{% macro list_distinct(column) -%}
    {{ adapter.dispatch('list_distinct', 'rapport')(column) }}
{%- endmacro %}

{% macro duckdb__list_distinct(column) -%}
    string_agg(distinct {{ column }}, ', ' order by {{ column }})
{%- endmacro %}

{% macro spark__list_distinct(column) -%}
    array_join(sort_array(collect_set({{ column }})), ', ')
{%- endmacro %}
