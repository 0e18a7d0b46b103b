with answers as (
    select
        response_id,
        customer_id,
        {{ open_identity_key('identity_key') }} as identity_key,
        order_id,
        brand_id,
        store_id,
        survey_type,
        touchpoint,
        channel,
        region,
        title,
        comment,
        language,
        scale_direction,
        nps_group,
        score,
        scale_min,
        scale_max,
        is_satisfied,
        is_easy,
        is_favourable,
        is_partial,
        comment is not null or title is not null as has_text,
        is_late,
        business_date,
        invited_at,
        answered_at,
        known_at
    from {{ ref('int_survey_answers_resolved') }}
)

select * from answers
