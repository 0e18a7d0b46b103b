{# Weighted signs of frustration (`<sign>_count`) per engaged minute, null without attention. #}
{% macro frustration_score(engaged_seconds) -%}
    {%- set signs = [] -%}
    {%- for sign, weight in var('frustration_weights').items() -%}
        {%- do signs.append(weight ~ ' * ' ~ sign ~ '_count') -%}
    {%- endfor -%}
    60 * {{ divide('(' ~ signs | join(' + ') ~ ')', engaged_seconds) }}
{%- endmacro %}
