with versions as (
    {{ latest_version(source('research', 'psychographic_answers')) }}
),

renamed as (
    select
        answer_id,
        customer_id as research_customer_id,
        {{ brand_id() }} as brand_id,
        dimension,
        item,
        score,
        scale_min,
        scale_max,
        {{ business_date('answered_at') }} as business_date,
        answered_at,
        _delivery_id,
        _received_at,
        _loaded_at
    from versions
)

select * from renamed
