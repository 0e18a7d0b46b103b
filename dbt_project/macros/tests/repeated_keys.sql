{# The keys that come more than once, or of which a column is null, with their rows. #}
{% macro repeated_keys(relation, columns) -%}
    select
        {{ columns | join(', ') }},
        count(*) as row_count
    from {{ relation }}
    group by {{ columns | join(', ') }}
    having count(*) > 1 or {% for column in columns %}{{ column }} is null{{ ' or ' if not loop.last }}{% endfor %}
{%- endmacro %}

{# The same as one more rule of a list, `key`, with the number of such keys. #}
{% macro or_repeated_keys(relation, columns) -%}
    union all
    select
        'key' as broken_rule,
        count(*) as row_count
    from ({{ repeated_keys(relation, columns) }}) as repeated
    having count(*) > 0
{%- endmacro %}
