{# A sum of counts as a count again, 0 of nothing. #}
{% macro total_count(counts) -%}
    cast(coalesce(sum({{ counts }}), 0) as bigint)
{%- endmacro %}
