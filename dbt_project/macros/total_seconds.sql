{# A sum of seconds that is the same in any order of the rows: doubles are not. #}
{% macro total_seconds(seconds) -%}
    cast(sum(cast({{ seconds }} as decimal(18, 3))) as double)
{%- endmacro %}
