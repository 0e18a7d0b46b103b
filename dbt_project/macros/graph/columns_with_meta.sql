{# The columns of a model, as its yml says, that carry a key of `meta`: name to column. #}
{% macro columns_with_meta(model_name, key) -%}
    {%- set found = {} -%}
    {%- if execute -%}
        {%- set node = graph.nodes['model.' ~ project_name ~ '.' ~ model_name] -%}
        {%- for name, column in node.columns.items() if column.config.meta.get(key) -%}
            {%- do found.update({name: column}) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(found) }}
{%- endmacro %}
