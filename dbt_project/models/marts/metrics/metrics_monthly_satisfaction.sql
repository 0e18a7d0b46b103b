{% set parts = {'channel': 'channel', 'region': 'region', 'store_id': 'store'} %}
{% set cell = [
    'last_month', 'window_months', 'brand_id', 'survey_type', 'survey_scope', 'measure', 'scale',
] %}
with answers as (
    select
        answers.*,
        weights.weight,
        weights.unexplained_odds_ratio,
        {{ period_start('month', 'answers.business_date') }} as month,
        coalesce(answers.touchpoint, 'relationship') as subject,
        {{ scale_name('scale_min', 'scale_max', 'scale_direction') }} as scale
    from {{ ref('int_survey_answers_resolved') }} as answers
    left join {{ ref('stg_ml__survey_weights') }} as weights
        on answers.response_id = weights.response_id
    where answers.is_favourable is not null
),

{# The last answer of a customer within a window is the one that no other follows in it. #}
scores as (
    select
        month,
        brand_id,
        survey_type,
        subject,
        channel,
        region,
        store_id,
        survey_type as measure,
        scale,
        score,
        weight,
        unexplained_odds_ratio,
        is_favourable,
        case when survey_type = 'nps' then nps_group = 'detractor' else not is_favourable end
            as is_unfavourable,
        lead(month) over (
            partition by coalesce(customer_id, response_id), brand_id, survey_type, subject, scale
            order by answered_at, response_id
        ) as next_month
    from answers
),

responses as (
    select
        {{ period_start('month', 'business_date') }} as month,
        brand_id,
        survey_type,
        coalesce(touchpoint, 'relationship') as subject,
        collection_method as channel,
        region,
        store_id,
        'response_rate' as measure,
        'none' as scale,
        cast(null as decimal(18, 4)) as score,
        cast(null as decimal(18, 4)) as weight,
        cast(null as double) as unexplained_odds_ratio,
        is_completed as is_favourable,
        not is_completed as is_unfavourable,
        cast(null as date) as next_month
    from {{ ref('int_survey_invitations_resolved') }}
    where not is_bounced
),

cases as (
    select * from scores
    union all
    select * from responses
),

{#
    Added up by month before windows repeat it. What is unknown has a name, so that nothing but a
    total is null below.
#}
monthly as (
    select
        month,
        brand_id,
        survey_type,
        case when subject = 'relationship' then 'relational' else 'transactional' end
            as survey_scope,
        subject,
        coalesce(channel, 'unknown') as channel,
        coalesce(region, 'unknown') as region,
        coalesce(store_id, 'unknown') as store_id,
        measure,
        scale,
        count(*) as n,
        count(case when is_favourable then 1 end) as favourable,
        count(case when is_unfavourable then 1 end) as unfavourable,
        sum(score) as score_sum,
        sum(score * score) as score_square_sum,
        count(weight) as weighed,
        count(case when is_favourable then weight end) as weighed_favourable,
        count(case when is_unfavourable then weight end) as weighed_unfavourable,
        sum(weight) as weight_sum,
        sum(weight * weight) as weight_square_sum,
        sum(case when is_favourable then weight else 0 end) as favourable_weight,
        sum(case when is_unfavourable then weight else 0 end) as unfavourable_weight,
        max(unexplained_odds_ratio) as unexplained_odds_ratio,
        next_month
    from cases
    where next_month is null or month < next_month
    group by
        month, brand_id, survey_type, subject, channel, region, store_id, measure, scale, next_month
),

windows as (
    {{ metric_windows() }}
),

moved as (
    select
        monthly.*,
        windows.window_months,
        {{ add_months('monthly.month', 'windows.month_offset') }} as last_month
    from monthly
    cross join windows
),

totals as (
    select
        {{ cell | join(',\n        ') }},
        subject,
        case
            {% for part, name in parts.items() %}
                when {{ part }} is not null then '{{ name }}'
            {% endfor %}
            else 'all'
        end as breakdown,
        coalesce({{ parts | join(', ') }}, 'all') as breakdown_value,
        cast(sum(score_sum) as decimal(38, 4)) as score_sum,
        cast(sum(score_square_sum) as decimal(38, 8)) as score_square_sum,
        {% for name in [
            'n', 'favourable', 'unfavourable', 'weighed', 'weighed_favourable',
            'weighed_unfavourable', 'weight_sum', 'favourable_weight', 'unfavourable_weight',
        ] %}
            cast(sum({{ name }}) as double) as {{ name }},
        {% endfor %}
        power(cast(sum(weight_sum) as double), 2) / cast(sum(weight_square_sum) as double)
            as effective_n,
        max(unexplained_odds_ratio) as unexplained_odds_ratio
    from moved
    where {{ until_as_of('last_month') }} and (next_month is null or last_month < next_month)
    group by grouping sets (
        {% for part in [[]] + (parts | list | batch(1) | list) %}
            ({{ (cell + part) | join(', ') }}),
            ({{ (cell + ['subject'] + part) | join(', ') }})
            {{ ',' if not loop.last }}
        {% endfor %}
    )
),

told as (
    select
        *,
        coalesce(subject, 'all') as touchpoint,
        favourable_weight / weight_sum * effective_n as effective_favourable,
        unfavourable_weight / weight_sum * effective_n as effective_unfavourable,
        {% for side, name in {'-': 'least', '+': 'most'}.items() %}
            {{ silent_bound(
                'weighed', 'weighed_favourable', 'weighed_unfavourable', '(weight_sum - weighed)',
                '(favourable_weight - weighed_favourable)',
                '(unfavourable_weight - weighed_unfavourable)', 'unexplained_odds_ratio', side
            ) }} as {{ name }}_balance,
        {% endfor %}
        measure = 'nps' as is_points
    from totals
    {# The relationship is one subject, whose total would repeat it; most answers know no store. #}
    where
        (survey_scope = 'transactional' or subject is not null)
        and not (breakdown = 'store' and breakdown_value = 'unknown')
),

figures as (
    select
        last_month as month,
        window_months,
        brand_id,
        survey_type,
        survey_scope,
        touchpoint,
        breakdown,
        breakdown_value,
        measure,
        scale,
        case when is_points then 'points' else 'share' end as unit,
        cast(n as bigint) as case_count,
        cast(favourable as bigint) as favourable_count,
        cast(unfavourable as bigint) as unfavourable_count,
        case when is_points then 100 * (favourable - unfavourable) / n else favourable / n end
            as figure,
        {% for side, name in {'-': 'lower', '+': 'upper'}.items() %}
            case
                when is_points then {{ nps_bound('favourable', 'unfavourable', 'n', side) }}
                else {{ wilson_bound('favourable', 'n', side) }}
            end as figure_{{ name }},
        {% endfor %}
        score_sum,
        score_square_sum,
        {{ divide('score_sum', 'n') }} as mean_score,
        {{ mean_margin('n', 'score_sum', 'score_square_sum') }} as mean_margin,
        cast(weighed as bigint) as weighed_count,
        effective_n,
        case
            when is_points
                then 100 * (favourable_weight - unfavourable_weight) / weight_sum
            else favourable_weight / weight_sum
        end as weighted_figure,
        {% for side, name in {'-': 'lower', '+': 'upper'}.items() %}
            case
                when is_points
                    then {{ nps_bound(
                        'effective_favourable', 'effective_unfavourable', 'effective_n', side
                    ) }}
                else {{ wilson_bound('effective_favourable', 'effective_n', side) }}
            end as weighted_{{ name }},
        {% endfor %}
        case when is_points then 100 * least_balance else (1 + least_balance) / 2 end
            as least_figure,
        case when is_points then 100 * most_balance else (1 + most_balance) / 2 end as most_figure,
        case when is_points then -100 else 0 end as lowest,
        case when is_points then 100 else 1 end as highest
    from told
),

metrics as (
    select
        month,
        window_months,
        brand_id,
        survey_type,
        survey_scope,
        touchpoint,
        breakdown,
        breakdown_value,
        measure,
        scale,
        unit,
        case_count,
        favourable_count,
        unfavourable_count,
        score_sum,
        score_square_sum,
        {% for name, value in {
            'figure': 'figure',
            'figure_lower': 'figure_lower',
            'figure_upper': 'figure_upper',
            'mean_score': 'mean_score',
            'mean_lower': 'mean_score - mean_margin',
            'mean_upper': 'mean_score + mean_margin',
        }.items() %}
            case when case_count >= {{ var('least_answers') }} then round({{ value }}, 6) end
                as {{ name }},
        {% endfor %}
        weighed_count as weighed_answer_count,
        round(effective_n, 6) as effective_answer_count,
        {% for name, value in {
            'weighted_figure': 'weighted_figure',
            'weighted_lower': 'weighted_lower',
            'weighted_upper': 'weighted_upper',
            'bias_lower': 'greatest(lowest, least_figure - (weighted_figure - weighted_lower))',
            'bias_upper': 'least(highest, most_figure + (weighted_upper - weighted_figure))',
        }.items() %}
            case when effective_n >= {{ var('least_answers') }} then round({{ value }}, 6) end
                as {{ name }},
        {% endfor %}
        case_count < {{ var('least_answers') }} as is_suppressed,
        case_count < {{ var('small_answers') }} as is_small,
        {{ month_end('month') }} > {{ as_of_date() }} as is_unfinished
    from figures
)

select * from metrics
