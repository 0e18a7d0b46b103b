{# Days after its event from which a row of a contract is late: its `lateAfter`, else its `latency`;
   none where it promises neither. #}
{% macro late_after_days(source_name, extract) -%}
    {%- set sources = graph.get('sources', {}) -%}
    {%- set key = 'source.' ~ project_name ~ '.' ~ source_name ~ '.' ~ extract -%}
    {{ return(sources[key].config.meta.late_after_days if key in sources else none) }}
{%- endmacro %}
