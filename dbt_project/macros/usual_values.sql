{#
    The value that a customer's rows show most often, for each of several columns: rows of
    `customer_id, attribute, attribute_value`. Of equally frequent values the first in the alphabet.
    `usual_value` reads one of them back.
#}
{% macro usual_values(relation, columns) -%}
    {%- set ranked = [] -%}
    {%- for column in columns -%}
        {%- do ranked.append(ranked_values(relation, column)) -%}
    {%- endfor -%}
    {{ ranked | join(' union all ') }}
{%- endmacro %}

{% macro ranked_values(relation, column) -%}
    select
        customer_id,
        '{{ column }}' as attribute,
        {{ column }} as attribute_value,
        row_number() over (
            partition by customer_id order by count(*) desc, {{ column }} asc
        ) as frequency_rank
    from {{ relation }}
    where {{ column }} is not null
    group by customer_id, {{ column }}
{%- endmacro %}

{% macro usual_value(column) -%}
    max(case when attribute = '{{ column }}' and frequency_rank = 1 then attribute_value end)
{%- endmacro %}
