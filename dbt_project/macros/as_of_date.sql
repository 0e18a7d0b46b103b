{# The last day that counts, inclusive; no model reads a clock. #}
{% macro as_of_date() -%}
    {%- if execute and not var('as_of_date') -%}
        {{ exceptions.raise_compiler_error(
            "Give the last day that counts: --vars '{as_of_date: YYYY-MM-DD}'"
        ) }}
    {%- endif -%}
    cast('{{ var('as_of_date') or '1970-01-01' }}' as date)
{%- endmacro %}
