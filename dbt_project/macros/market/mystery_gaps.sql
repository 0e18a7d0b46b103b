{# Mystery scores by criterion, own against those of a competitor and of all, by Welch's t. #}
{% macro mystery_gaps() -%}
    {%- set variance = {
        'own': sample_variance('own.visit_count', 'own.score_sum', 'own.score_square_sum'),
        'rivals': sample_variance('rivals.visit_count', 'rivals.score_sum', 'rivals.score_square_sum'),
    } -%}
    {%- set error = '(' ~ variance.own ~ ' / own.visit_count + ' ~ variance.rivals
        ~ ' / rivals.visit_count)' -%}
    {%- set degrees = 'greatest(1, power(' ~ error ~ ', 2) / nullif(power(' ~ variance.own
        ~ ' / own.visit_count, 2) / (own.visit_count - 1) + power(' ~ variance.rivals
        ~ ' / rivals.visit_count, 2) / (rivals.visit_count - 1), 0))' -%}
    {%- set gap = 'own.score_sum / own.visit_count - rivals.score_sum / rivals.visit_count' -%}
    {%- set margin = t_quantile(degrees) ~ ' * sqrt(' ~ error ~ ')' -%}
    select
        own.month,
        own.window_months,
        own.brand_id,
        'mystery_visits' as topic,
        'mystery_score' as measure,
        coalesce(rivals.company, 'all') as company,
        own.criterion as part,
        'points' as unit,
        cast(own.score_sum as double) / own.visit_count as own_value,
        cast(rivals.score_sum as double) / rivals.visit_count as other_value,
        cast({{ gap }} as double) as gap,
        cast({{ gap }} as double) - {{ margin }} as gap_lower,
        cast({{ gap }} as double) + {{ margin }} as gap_upper,
        cast(own.visit_count as bigint) as own_count,
        cast(coalesce(rivals.visit_count, 0) as bigint) as other_count,
        cast(null as double) as best_value,
        false as is_provisional
    from visit_totals as own
    left join visit_totals as rivals
        on
            own.month = rivals.month
            and own.window_months = rivals.window_months
            and own.brand_id = rivals.brand_id
            and own.criterion = rivals.criterion
            and not rivals.is_own
    where own.is_own and own.company is null
{%- endmacro %}

{# One row per month, window, criterion and company; without a company all, own or not. #}
{% macro visit_totals() -%}
    select
        {{ add_months(period_start('month', 'visits.business_date'), 'windows.month_offset') }} as month,
        windows.window_months,
        visits.brand_id,
        visits.criterion,
        visits.is_own,
        visits.company,
        cast(count(*) as double) as visit_count,
        sum(cast(visits.mystery_score as decimal(18, 6))) as score_sum,
        sum(
            cast(visits.mystery_score as decimal(18, 6))
            * cast(visits.mystery_score as decimal(18, 6))
        ) as score_square_sum
    from {{ ref('fct_mystery_visits') }} as visits
    cross join windows
    where
        visits.mystery_score is not null
        and {{ until_as_of(
            add_months(period_start('month', 'visits.business_date'), 'windows.month_offset')
        ) }}
    group by grouping sets (
        (month, windows.window_months, visits.brand_id, visits.criterion, visits.is_own),
        (
            month, windows.window_months, visits.brand_id, visits.criterion, visits.is_own,
            visits.company
        )
    )
{%- endmacro %}
