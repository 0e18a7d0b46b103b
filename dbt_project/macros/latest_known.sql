{# The value of the best ranked row that knows one; a rank of 1 is best. #}
{% macro latest_known(column, rank='recency_rank') -%}
    min_by({{ column }}, {{ rank }}) filter (where {{ column }} is not null)
{%- endmacro %}
