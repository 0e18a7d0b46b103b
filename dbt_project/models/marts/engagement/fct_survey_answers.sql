with resolved as (
    select * from {{ ref('int_survey_answers_resolved') }}
),

contact_keys as (
    select * from {{ ref('stg_identity__contact_keys') }}
),

answers as (
    select
        resolved.response_id,
        resolved.customer_id,
        {{ open_identity_key('resolved.identity_key') }} as identity_key,
        resolved.order_id,
        resolved.brand_id,
        resolved.store_id,
        resolved.survey_type,
        resolved.touchpoint,
        resolved.channel,
        resolved.region,
        resolved.title,
        resolved.comment,
        resolved.language,
        resolved.scale_direction,
        resolved.nps_group,
        resolved.score,
        resolved.scale_min,
        resolved.scale_max,
        resolved.is_satisfied,
        resolved.is_easy,
        resolved.is_favourable,
        resolved.is_partial,
        resolved.comment is not null or resolved.title is not null as has_text,
        resolved.is_late,
        resolved.business_date,
        resolved.invited_at,
        resolved.answered_at,
        resolved.known_at
    from resolved
    left join contact_keys on resolved.identity_key = contact_keys.identity_key
)

select * from answers
