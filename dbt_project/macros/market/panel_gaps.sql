{#
    Net promoter scores of the research panel, own against each other brand, by wave: how likely its
    people, with the agency's weights, are to recommend each. The gap's interval takes the two as
    independent.
#}
{% macro panel_gaps() -%}
    {%- set own = nps_variance('own.promoters', 'own.detractors', 'own.effective_n') -%}
    {%- set others = nps_variance('others.promoters', 'others.detractors', 'others.effective_n') -%}
    {%- set gap -%}
        100 * (
            (own.promoters - own.detractors) / own.effective_n
            - (others.promoters - others.detractors) / others.effective_n
        )
    {%- endset -%}
    select
        own.month,
        3 as window_months,
        own.brand_id,
        'panel' as topic,
        'nps' as measure,
        others.brand as company,
        'all' as part,
        'points' as unit,
        100 * (own.promoters - own.detractors) / own.effective_n as own_value,
        100 * (others.promoters - others.detractors) / others.effective_n as other_value,
        {{ gap }} as gap,
        {{ gap }} - 196 * sqrt({{ own }} + {{ others }}) as gap_lower,
        {{ gap }} + 196 * sqrt({{ own }} + {{ others }}) as gap_upper,
        own.answer_count as own_count,
        others.answer_count as other_count,
        cast(null as double) as best_value,
        false as is_provisional
    from panel_totals as own
    inner join panel_totals as others
        on
            own.wave = others.wave
            and own.brand_id = others.brand_id
            and not others.is_own
    where own.is_own
{%- endmacro %}

{#
    One row per wave and brand of the brand tracker: a question from 0 to 10 that ends with the name
    of the brand asks for it. Promoters and detractors are effective counts.
#}
{% macro panel_totals() -%}
    select
        answers.wave,
        answers.brand_id,
        brands.brand,
        brands.is_own,
        {{ period_start('month', 'max(answers.answered_date)') }} as month,
        cast(count(*) as bigint) as answer_count,
        power(sum(answers.weight), 2) / sum(answers.weight * answers.weight) as effective_n,
        sum(case when answers.score >= 9 then answers.weight else 0 end)
        * sum(answers.weight) / sum(answers.weight * answers.weight) as promoters,
        sum(case when answers.score <= 6 then answers.weight else 0 end)
        * sum(answers.weight) / sum(answers.weight * answers.weight) as detractors
    from (
        select
            wave,
            brand_id,
            question,
            score,
            cast(coalesce(weight, 1) as decimal(18, 4)) as weight,
            answered_date
        from {{ ref('stg_research__panel_answers') }}
        where scale_min = 0 and scale_max = 10 and {{ until_as_of('answered_date') }}
    ) as answers
    inner join (
        select distinct
            brand,
            is_own
        from {{ ref('stg_research__brand_tracker') }}
    ) as brands on right(answers.question, length(brands.brand)) = brands.brand
    where answers.score is not null and answers.weight > 0
    group by answers.wave, answers.brand_id, brands.brand, brands.is_own
{%- endmacro %}
