{# A share or probability to eight places, the same in any order of the rows. #}
{% macro as_rate(expression) -%}
    cast({{ expression }} as decimal(18, 8))
{%- endmacro %}

{# Normal quantile of a 95 % interval. #}
{% macro normal_quantile() -%}{{ return(1.959963984540054) }}{%- endmacro %}

{# A bound, `-` or `+`, of the 95 % interval of Wilson (1927) for a share; null of nothing. #}
{% macro wilson_bound(successes, total, sign) -%}
    {%- set z = normal_quantile() -%}
    {%- set odds = "4.0 * " ~ successes ~ " * (" ~ total ~ " - " ~ successes ~ ") / " ~ total -%}
    {%- set reach = z ~ " * sqrt(" ~ z * z ~ " + " ~ odds ~ ")" -%}
    case
        when {{ total }} > 0
            then
                (2 * {{ successes }} + {{ z * z }} {{ sign }} {{ reach }})
                / (2 * ({{ total }} + {{ z * z }}))
    end
{%- endmacro %}

{#
    A bound, `-` or `+`, of the 95 % interval for the difference of two independent shares: method 10
    of Newcombe (1998), Statistics in Medicine 17, 873-890, from the intervals of Wilson of both.
    `first` and `second` name the columns <name>_rate, <name>_low and <name>_high.
#}
{% macro newcombe_bound(first, second, sign) -%}
    {%- set far, near = ('low', 'high') if sign == '-' else ('high', 'low') -%}
    {{ first }}_rate - {{ second }}_rate
    {{ sign }} sqrt(
        power({{ first }}_rate - {{ first }}_{{ far }}, 2)
        + power({{ second }}_{{ near }} - {{ second }}_rate, 2)
    )
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
