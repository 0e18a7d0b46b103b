with answers as (
    select
        *,
        row_number() over (
            partition by customer_id order by answered_at desc, response_id asc
        ) as recency_rank
    from {{ ref('int_survey_answers_resolved') }}
    where customer_id is not null
),

summarised as (
    select
        customer_id,
        count(*) as survey_answer_count,
        min_by(nps_group, recency_rank) filter (where nps_group is not null) as last_nps_group,
        min_by(score, recency_rank) filter (where nps_group is not null) as last_nps_score,
        min_by(score, recency_rank) filter (where is_satisfied is not null)
            as last_satisfaction_score,
        min_by(scale_max, recency_rank) filter (where is_satisfied is not null)
            as last_satisfaction_scale_max,
        {{ latest_known('is_satisfied') }} as is_last_satisfied,
        count(case when not is_satisfied or nps_group = 'detractor' or not is_easy then 1 end)
            as negative_survey_answer_count,
        max(answered_at) as last_survey_answered_at
    from answers
    group by customer_id
)

select * from summarised
