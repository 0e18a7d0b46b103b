{# Whether a business date lies in these last days to the as-of date. #}
{% macro within_days(business_date, days) -%}
    {{ business_date }} > {{ add_days(as_of_date(), -days) }}
{%- endmacro %}
