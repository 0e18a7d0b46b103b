{# How far into the checkout a step lies, from 1; one that is not declared counts as the first. #}
{% macro checkout_step_number(step) -%}
    {%- set cases = [] -%}
    {%- for name in var('checkout_steps') -%}
        {%- do cases.append("when " ~ step ~ " = '" ~ name ~ "' then " ~ loop.index) -%}
    {%- endfor -%}
    case {{ cases | join(' ') }} when {{ step }} is not null then 1 end
{%- endmacro %}

{# The name of that step. #}
{% macro checkout_step_name(number) -%}
    {%- set cases = [] -%}
    {%- for name in var('checkout_steps') -%}
        {%- do cases.append("when " ~ number ~ " = " ~ loop.index ~ " then '" ~ name ~ "'") -%}
    {%- endfor -%}
    case {{ cases | join(' ') }} end
{%- endmacro %}
