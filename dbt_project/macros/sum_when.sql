{# The sum of a column over the rows that fit, as money is kept; 0 where none does. #}
{% macro sum_when(condition, column) -%}
    {{ as_amount('sum(case when ' ~ condition ~ ' then ' ~ column ~ ' else 0 end)') }}
{%- endmacro %}
