{# How much a source is believed for a group of attributes: 1 is believed before 2. #}
{% macro source_priority(attribute_group, source) -%}
    {%- set priorities = var('source_priority') -%}
    {%- set groups = customer_attributes().values() | map(attribute='group') | unique | list -%}
    {%- for name in priorities if groups and name != 'default' and name not in groups -%}
        {{ exceptions.raise_compiler_error(
            "source_priority names " ~ name ~ ", known are: " ~ (groups | join(', '))
        ) }}
    {%- endfor -%}
    {%- set own = priorities | reject('equalto', 'default') | list -%}
    case
        when {{ attribute_group }} is null then null
    {%- for name in own %}
        when {{ attribute_group }} = '{{ name }}' then {{ rank_among(source, priorities[name]) }}
    {%- endfor %}
        else {{ rank_among(source, priorities['default']) }}
    end
{%- endmacro %}

{# The value of one attribute among a customer's rows of attributes, in its own type. #}
{% macro golden_value(attribute, type) -%}
    cast(max(case when attribute = '{{ attribute }}' then attribute_value end) as {{ type }})
{%- endmacro %}

{# The place of a text among texts, 1 the first; whatever is not among them comes last. #}
{% macro rank_among(text, texts) -%}
    case {{ text }}
    {%- for known in texts %}
        when '{{ known }}' then {{ loop.index }}
    {%- endfor %}
        else {{ texts | length + 1 }}
    end
{%- endmacro %}

{# Whether a value of int_customer_attributes_valued held at the end of a day. #}
{% macro holds_on(business_date, value) -%}
    {{ business_date }} >= {{ value }}.valid_from_day
    and ({{ value }}.valid_to_day is null or {{ business_date }} < {{ value }}.valid_to_day)
{%- endmacro %}
