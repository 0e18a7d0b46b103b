{# The brand of a row; a row that names none belongs to the company's default brand. #}
{% macro brand_id() -%}
    coalesce(brand_id, '{{ var("default_brand") }}')
{%- endmacro %}
