{#
    A club's figures of a quarter: the own value against the market's. A share, or a score in points,
    has the sampling error of the market's cases, of points the largest that a score from -100 to 100
    can have; and of the own answers where it comes from a survey. What the company counts in full has
    none of its own.
#}
{% macro benchmark_gaps() -%}
    {%- set error = "(case unit when 'share' then market_value * (1 - market_value) when 'points'"
        ~ " then 10000 - power(market_value, 2) end / sample_size + coalesce(case unit when 'share'"
        ~ " then own_value * (1 - own_value) when 'points' then 10000 - power(own_value, 2) end"
        ~ " / own_answers.answer_count, 0))" -%}
    select
        {{ add_months(period_start('month', 'benchmarks.period_start_date'), 2) }} as month,
        3 as window_months,
        benchmarks.brand_id,
        'benchmark' as topic,
        benchmarks.measure,
        benchmarks.industry as company,
        benchmarks.region as part,
        benchmarks.unit,
        benchmarks.own_value,
        benchmarks.market_value as other_value,
        benchmarks.own_value - benchmarks.market_value as gap,
        benchmarks.own_value - benchmarks.market_value - 1.96 * sqrt({{ error }}) as gap_lower,
        benchmarks.own_value - benchmarks.market_value + 1.96 * sqrt({{ error }}) as gap_upper,
        own_answers.answer_count as own_count,
        cast(benchmarks.sample_size as bigint) as other_count,
        benchmarks.best_value,
        false as is_provisional
    from {{ ref('stg_market__benchmarks') }} as benchmarks
    left join own_answers
        on
            benchmarks.period_start_date = own_answers.quarter
            and benchmarks.brand_id = own_answers.brand_id
            and benchmarks.measure = own_answers.survey_type
            and benchmarks.region = own_answers.region
    where {{ until_as_of('benchmarks.period_start_date') }}
{%- endmacro %}

{# One row per quarter, survey and region, and for all regions: scores that the company has. #}
{% macro own_answers() -%}
    select
        quarter,
        brand_id,
        survey_type,
        coalesce(region, 'all') as region,
        cast(count(*) as bigint) as answer_count
    from (
        select
            {{ period_start('quarter', 'business_date') }} as quarter,
            brand_id,
            survey_type,
            coalesce(region, 'unknown') as region
        from {{ ref('int_survey_answers_resolved') }}
        where is_favourable is not null
    ) as answers
    group by grouping sets (
        (quarter, brand_id, survey_type),
        (quarter, brand_id, survey_type, region)
    )
{%- endmacro %}
