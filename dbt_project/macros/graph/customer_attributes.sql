{#
    The attributes of customers that sources state: the columns of int_customer_records_versioned
    whose `meta: {survivorship: ...}` says which value wins, name to {type, group, rule,
    verified_by, is_personal}. What belongs to one group is taken whole, from one record.
#}
{% macro customer_attributes() -%}
    {%- set attributes = {} -%}
    {%- set columns = columns_with_meta("int_customer_records_versioned", "survivorship") -%}
    {%- for name, column in columns.items() -%}
        {%- do attributes.update({name: {
            'type': column.data_type,
            'group': column.config.meta.get('group', name),
            'rule': column.config.meta.survivorship,
            'verified_by': column.config.meta.get('verified_by'),
            'is_personal': column.config.meta.get('pii') is not none,
        }}) -%}
    {%- endfor -%}
    {{ return(attributes) }}
{%- endmacro %}
