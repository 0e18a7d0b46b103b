{#
    The value that a customer's rows show most often, for each of several columns: one row per
    customer, with a column for each as `names` calls it. Of equally frequent values the first in the
    alphabet; null where there is none. The columns of further relations stand beside them.
#}
{% macro usual_values(relations) -%}
    {%- set ranked = [] -%}
    {%- for relation, names in relations.items() -%}
        {%- for column in names -%}
            {%- do ranked.append(ranked_values(relation, column)) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- set told = [] -%}
    {%- for relation, names in relations.items() -%}
        {%- for column, name in names.items() -%}
            {%- do told.append(usual_value(relation, column) ~ ' as ' ~ name) -%}
        {%- endfor -%}
    {%- endfor -%}
    select
        customer_id,
        {{ told | join(', ') }}
    from ({{ ranked | join(' union all ') }}) as habits
    group by customer_id
{%- endmacro %}

{% macro ranked_values(relation, column) -%}
    select
        customer_id,
        '{{ relation }}.{{ column }}' as attribute,
        {{ column }} as attribute_value,
        row_number() over (
            partition by customer_id order by count(*) desc, {{ column }} asc
        ) as frequency_rank
    from {{ relation }}
    where {{ column }} is not null
    group by customer_id, {{ column }}
{%- endmacro %}

{% macro usual_value(relation, column) -%}
    max(
        case
            when attribute = '{{ relation }}.{{ column }}' and frequency_rank = 1
                then attribute_value
        end
    )
{%- endmacro %}
