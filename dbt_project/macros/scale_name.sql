{# A scale as text, such as 0 to 10: figures on different scales never meet. #}
{% macro scale_name(lowest, highest, direction) -%}
    coalesce(
        {{ plain_number(lowest) }} || ' to ' || {{ plain_number(highest) }}
        || case when {{ direction }} = 'lower_is_better' then ', lower is better' else '' end,
        'unknown'
    )
{%- endmacro %}

{# A number as text, a whole one without a point. #}
{% macro plain_number(number) -%}
    case
        when {{ number }} = floor({{ number }}) then cast(cast({{ number }} as integer) as string)
        else cast(cast({{ number }} as double) as string)
    end
{%- endmacro %}
