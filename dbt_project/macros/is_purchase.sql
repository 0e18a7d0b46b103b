{# Whether a valid order is one: a receipt that only takes goods back is not. #}
{% macro is_purchase(alias=none) -%}
    {%- set prefix = alias ~ '.' if alias else '' -%}
    coalesce({{ prefix }}gross_amount <> 0 or {{ prefix }}returns_amount <= 0, true)
{%- endmacro %}
