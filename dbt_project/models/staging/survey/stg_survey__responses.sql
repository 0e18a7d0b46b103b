with versions as (
    {{ latest_version(source('survey', 'responses')) }}
),

renamed as (
    select
        response_id,
        customer_id as survey_customer_id,
        loyalty_id,
        order_id as survey_order_id,
        touch_id,
        {{ brand_id() }} as brand_id,
        email,
        email_normalised,
        survey_type,
        touchpoint,
        channel,
        title,
        comment,
        language,
        coalesce(scale_direction, 'higher_is_better') as scale_direction,
        score,
        scale_min,
        scale_max,
        coalesce(is_partial, false) as is_partial,
        {{ business_date('answered_at') }} as business_date,
        invited_at,
        answered_at,
        {{ known_at('survey', 'responses', 'answered_at') }},
        _delivery_id,
        _received_at,
        _loaded_at
    from versions
)

select * from renamed
