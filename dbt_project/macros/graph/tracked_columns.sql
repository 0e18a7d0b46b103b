{# The columns of customer_360 whose history is kept, as customer_360_history.yml marks them:
   name to {type, is_stated, is_restrictive}; stated by records, or computed by runs. #}
{% macro tracked_columns() -%}
    {%- set stated = customer_attributes() -%}
    {%- set tracked = {} -%}
    {%- for name, column in columns_with_meta('customer_360_history', 'track').items() -%}
        {%- do tracked.update({name: {
            'type': column.data_type,
            'is_stated': name in stated,
            'is_restrictive': name in stated and stated[name].rule == 'most_restrictive',
        }}) -%}
    {%- endfor -%}
    {{ return(tracked) }}
{%- endmacro %}
