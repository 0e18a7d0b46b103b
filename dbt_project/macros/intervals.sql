{#
    Bounds of 95 % intervals; `side` is '-' for the lower and '+' for the upper one. Counts may be
    effective ones.
#}

{# Squared error of the share of promoters less detractors, by adjusted Wald. #}
{% macro nps_variance(promoters, detractors, answers) -%}
    greatest(0,
        ({{ promoters }} + {{ detractors }} + 1.5) / ({{ answers }} + 3.0)
        - power(({{ promoters }} - {{ detractors }}) / ({{ answers }} + 3.0), 2)
    ) / ({{ answers }} + 3.0)
{%- endmacro %}

{# Net promoter score in points by adjusted Wald: three answers more, three quarters at each end. #}
{% macro nps_bound(promoters, detractors, answers, side) -%}
    greatest(-100, least(100, 100 * (
        ({{ promoters }} - {{ detractors }}) / ({{ answers }} + 3.0)
        {{ side }} 1.96 * sqrt({{ nps_variance(promoters, detractors, answers) }})
    )))
{%- endmacro %}

{# Normal quantile of a 95 % interval. #}
{% macro normal_quantile() -%}{{ return(1.959963984540054) }}{%- endmacro %}

{# A bound, `-` or `+`, of the 95 % interval of Wilson (1927) for a share; null of nothing. #}
{% macro wilson_bound(successes, cases, side) -%}
    {%- set z = normal_quantile() -%}
    (
        {{ divide(successes, cases) }} + {{ z * z / 2 }} / nullif({{ cases }}, 0)
        {{ side }} {{ z }} * sqrt(
            {{ divide(successes, cases) }} * (1 - {{ divide(successes, cases) }})
            / nullif({{ cases }}, 0)
            + {{ z * z / 4 }} / power(nullif({{ cases }}, 0), 2)
        )
    ) / (1 + {{ z * z }} / nullif({{ cases }}, 0))
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
    The 97.5 % quantile of Student's t, expanded in powers of 1 / degrees of freedom (Abramowitz and
    Stegun 26.7.5): 0.001 % off at 9 degrees, less above.
#}
{% macro t_quantile(degrees) -%}
    (
        1.959964 + 2.372271 / ({{ degrees }}) + 2.822499 / power({{ degrees }}, 2)
        + 2.555850 / power({{ degrees }}, 3) + 1.589534 / power({{ degrees }}, 4)
    )
{%- endmacro %}

{# The variance of a sample from its count, sum and sum of squares; null below two values. #}
{% macro sample_variance(count, total, squares) -%}
    greatest(0, cast({{ squares }} as double) - power(cast({{ total }} as double), 2) / nullif({{ count }}, 0))
    / nullif({{ count }} - 1, 0)
{%- endmacro %}

{# Half the width of the interval of a mean, by t. #}
{% macro mean_margin(count, total, squares) -%}
    {{ t_quantile('nullif(' ~ count ~ ' - 1, 0)') }}
    * sqrt({{ sample_variance(count, total, squares) }} / nullif({{ count }}, 0))
{%- endmacro %}

{#
    The figure that all invited would give if those who stayed silent answered worse (`side` '-') or
    better ('+') than the weights say: favourable ones would be so many times less, or more, likely to
    stay silent, in odds, than unfavourable ones. `*_silent` is the weight beyond the answers
    themselves, by kind of answer. In points for NPS, where `is_points`, else a share.
#}
{% macro silent_bound(
    answers, favourable, unfavourable, silent, favourable_silent, unfavourable_silent, odds_ratio, side
) -%}
    {%- set better = 'sqrt(' ~ odds_ratio ~ ')' -%}
    {%- set f, u = ('*', '/') if side == '+' else ('/', '*') -%}
    (
        {{ favourable }} - {{ unfavourable }}
        + {{ silent }} * (
            {{ favourable_silent }} {{ f }} {{ better }} - {{ unfavourable_silent }} {{ u }} {{ better }}
        ) / nullif(
            {{ favourable_silent }} {{ f }} {{ better }}
            + {{ unfavourable_silent }} {{ u }} {{ better }}
            + {{ silent }} - {{ favourable_silent }} - {{ unfavourable_silent }},
            0
        )
    ) / nullif({{ answers }} + {{ silent }}, 0)
{%- endmacro %}
