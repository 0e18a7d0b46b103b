{# The last value of a window's frame that is not null; `over (...)` follows. #}
{% macro last_known(expression) -%}
    {{ adapter.dispatch('last_known', 'rapport')(expression) }}
{%- endmacro %}

{% macro duckdb__last_known(expression) -%}
    last_value({{ expression }} ignore nulls)
{%- endmacro %}

{% macro spark__last_known(expression) -%}
    last_value({{ expression }}) ignore nulls
{%- endmacro %}

{# The first value of a window's frame that is not null; `over (...)` follows. #}
{% macro first_known(expression) -%}
    {{ adapter.dispatch('first_known', 'rapport')(expression) }}
{%- endmacro %}

{% macro duckdb__first_known(expression) -%}
    first_value({{ expression }} ignore nulls)
{%- endmacro %}

{% macro spark__first_known(expression) -%}
    first_value({{ expression }}) ignore nulls
{%- endmacro %}
