with answers as (
    select
        *,
        row_number() over (
            partition by customer_id order by answered_at desc, response_id asc
        ) as recency_rank,
        row_number() over (
            partition by customer_id, nps_group is null order by answered_at desc, response_id asc
        ) as nps_rank
    from {{ ref('int_survey_answers_resolved') }}
    where customer_id is not null
),

summarised as (
    select
        customer_id,
        count(*) as survey_answer_count,
        count(case when survey_type <> 'review' then 1 end) as survey_response_count,
        min_by(nps_group, recency_rank) filter (where nps_group is not null) as last_nps_group,
        min_by(score, recency_rank) filter (where nps_group is not null) as last_nps_score,
        min_by(score, recency_rank) filter (where is_satisfied is not null)
            as last_satisfaction_score,
        min_by(scale_max, recency_rank) filter (where is_satisfied is not null)
            as last_satisfaction_scale_max,
        {# From 0, the worst of its scale, to 1. #}
        min_by(
            case
                when scale_direction = 'lower_is_better'
                    then {{ divide('scale_max - score', 'scale_max - scale_min') }}
                else {{ divide('score - scale_min', 'scale_max - scale_min') }}
            end, recency_rank
        ) filter (where is_satisfied is not null) as last_satisfaction_level,
        min_by(business_date, recency_rank) filter (where is_satisfied is not null)
            as last_satisfaction_date,
        {{ latest_known('is_satisfied') }} as is_last_satisfied,
        {{ divide('count(case when is_satisfied then 1 end)', 'count(is_satisfied)') }}
            as satisfaction_rate,
        min_by(business_date, recency_rank) filter (where nps_group is not null) as last_nps_date,
        min_by(score, nps_rank) filter (where nps_group is not null and nps_rank = 2)
            as previous_nps_score,
        min_by(score, recency_rank) filter (where is_easy is not null) as last_ces_score,
        {{ latest_known('is_easy') }} as is_last_easy,
        min_by(business_date, recency_rank) filter (where is_easy is not null) as last_ces_date,
        count(case when not is_satisfied or nps_group = 'detractor' or not is_easy then 1 end)
            as negative_survey_answer_count,
        max(answered_at) as last_survey_answered_at
    from answers
    group by customer_id
)

select * from summarised
