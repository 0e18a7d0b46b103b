with versions as (
    {{ latest_version(source('service', 'chats')) }}
),

renamed as (
    select
        chat_id,
        visitor_id,
        customer_id as service_customer_id,
        agent_id,
        {{ brand_id() }} as brand_id,
        email,
        email_normalised,
        reason,
        outcome,
        transcript,
        language,
        rating,
        is_bot_only,
        is_abandoned,
        {{ business_date('started_at') }} as business_date,
        started_at,
        answered_at,
        ended_at,
        _delivery_id,
        _received_at,
        _loaded_at
    from versions
)

select * from renamed
