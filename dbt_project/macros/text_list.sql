{# Texts as the right side of `in`; no value is in an empty list. #}
{% macro text_list(texts) -%}
    (
    {%- for text in texts %}
        '{{ text }}'{{ ',' if not loop.last }}
    {%- else -%}
        null
    {%- endfor %}
    )
{%- endmacro %}
