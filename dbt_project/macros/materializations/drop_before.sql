{# Drops what stands in the place of a model, table or view; nothing where nothing does. #}
{% macro drop_before(relation) -%}
    {%- if relation is not none -%}
        drop {{ relation.type }} if exists {{ relation }};
    {%- endif -%}
{%- endmacro %}
