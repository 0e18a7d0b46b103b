{# The one type of money. #}
{% macro as_amount(expression) -%}
    cast({{ expression }} as decimal(18, 4))
{%- endmacro %}

{# What one unit of a currency is worth in the reporting currency, by a rate that may be missing. #}
{% macro rate_of(currency, exchange_rate) -%}
    case when {{ currency }} = '{{ var("reporting_currency") }}' then 1 else {{ exchange_rate }} end
{%- endmacro %}

{# An amount in the reporting currency, rounded half up to cents, null without a rate. #}
{% macro to_reporting(amount, rate='exchange_rate') -%}
    cast(round({{ amount }} * {{ rate }}, 2) as decimal(18, 4))
{%- endmacro %}

{# A share or mean as a double, null where there is nothing to divide by. #}
{% macro divide(numerator, denominator) -%}
    cast({{ numerator }} as double) / nullif(cast({{ denominator }} as double), 0)
{%- endmacro %}

{#
    The part of a line in its order's amount in the reporting currency: the rounded sum to this line
    less the rounded sum to the one before, so that the lines of an order add up to it to the cent.
#}
{% macro to_reporting_by_line(amount, rate='exchange_rate') -%}
    {%- set to_here = as_amount('sum(coalesce(' ~ amount ~ ', 0)) over lines_to_here') -%}
    case
        when {{ amount }} is not null
            then {{ to_reporting(to_here, rate) }}
                - {{ to_reporting('(' ~ to_here ~ ' - ' ~ amount ~ ')', rate) }}
    end
{%- endmacro %}
