{# Whether a business date counts as of this build. #}
{% macro until_as_of(business_date) -%}
    {{ business_date }} <= {{ as_of_date() }}
{%- endmacro %}
