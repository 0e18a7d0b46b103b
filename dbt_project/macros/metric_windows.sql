{# Each window in months with the months by which a month may lie before its end. #}
{% macro metric_windows() -%}
    {% for window in var('metric_windows') -%}
        {% set last = loop.last -%}
        {% for offset in range(window) -%}
            select
                {{ window }} as window_months,
                {{ offset }} as month_offset
            {% if not (last and loop.last) %}union all{% endif %}
        {% endfor -%}
    {% endfor -%}
{%- endmacro %}
