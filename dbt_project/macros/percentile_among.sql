{# 0 to 100: the share of the rows that know a figure and lie below this one, equal ones by half. #}
{% macro percentile_among(figure, among) -%}
    case
        when {{ among }} and {{ figure }} is not null
            then
                100 * (
                    rank() over (partition by {{ among }}, {{ figure }} is null order by {{ figure }})
                    - 1
                    + count(*) over (partition by {{ among }}, {{ figure }}) / cast(2 as double)
                ) / count(*) over (partition by {{ among }}, {{ figure }} is null)
    end
{%- endmacro %}
