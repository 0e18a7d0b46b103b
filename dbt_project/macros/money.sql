{# The one type of money. #}
{% macro as_amount(expression) -%}
    cast({{ expression }} as decimal(18, 4))
{%- endmacro %}

{# An amount in the reporting currency, rounded half up to cents, null without a rate. #}
{% macro to_reporting(amount, rate='exchange_rate') -%}
    cast(round({{ amount }} * {{ rate }}, 2) as decimal(18, 4))
{%- endmacro %}

{# A share or mean as a double, null where there is nothing to divide by. #}
{% macro divide(numerator, denominator) -%}
    cast({{ numerator }} as double) / nullif(cast({{ denominator }} as double), 0)
{%- endmacro %}
