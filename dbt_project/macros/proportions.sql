{# A share or probability to eight places, the same in any order of the rows. #}
{% macro as_rate(expression) -%}
    cast({{ expression }} as decimal(18, 8))
{%- endmacro %}

{#
    Upper tail of chi-square with one degree of freedom: erfc(sqrt(x / 2)) by the Chebyshev fit of
    Numerical Recipes, within 1.2e-7 of itself.
#}
{% macro chi_square_tail(statistic) -%}
    {%- set t = "(1 / (1 + 0.5 * sqrt((" ~ statistic ~ ") / 2)))" -%}
    {{ t }} * exp(
        -({{ statistic }}) / 2 - 1.26551223
        + {{ t }} * (1.00002368 + {{ t }} * (0.37409196 + {{ t }} * (0.09678418
        + {{ t }} * (-0.18628806 + {{ t }} * (0.27886807 + {{ t }} * (-1.13520398
        + {{ t }} * (1.48851587 + {{ t }} * (-0.82215223 + {{ t }} * 0.17087277))))))))
    )
{%- endmacro %}
