{# What names a return over a counter, on the receipt and on the slip alike. #}
{% macro counter_key(store_id, product_id, date, amount) -%}
    coalesce({{ store_id }}, '') || '|' || {{ product_id }}
    || '|' || cast({{ date }} as string) || '|' || cast({{ amount }} as string)
{%- endmacro %}
