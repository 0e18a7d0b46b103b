{# A touch's share of an order; decimals add up the same in any order of the rows. #}
{% macro as_credit(share) -%}
    cast({{ share }} as decimal(13, 12))
{%- endmacro %}
