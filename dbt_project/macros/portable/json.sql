{# Columns as the text of one JSON object, nulls included. #}
{% macro json_of(columns) -%}
    {{ adapter.dispatch('json_of', 'rapport')(columns) }}
{%- endmacro %}

{% macro duckdb__json_of(columns) -%}
    cast(json_object({% for name in columns %}'{{ name }}', {{ name }}{{ ', ' if not loop.last }}{% endfor %}) as string)
{%- endmacro %}

{% macro spark__json_of(columns) -%}
    to_json(named_struct({% for name in columns %}'{{ name }}', {{ name }}{{ ', ' if not loop.last }}{% endfor %}), map('ignoreNullFields', 'false'))
{%- endmacro %}

{# A value of the text of a JSON object, as text. #}
{% macro json_value(object, name) -%}
    {{ adapter.dispatch('json_value', 'rapport')(object, name) }}
{%- endmacro %}

{% macro duckdb__json_value(object, name) -%}
    json_extract_string({{ object }}, '$.{{ name }}')
{%- endmacro %}

{% macro spark__json_value(object, name) -%}
    get_json_object({{ object }}, '$.{{ name }}')
{%- endmacro %}
