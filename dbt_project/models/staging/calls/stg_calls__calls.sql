with versions as (
    {{ latest_version(source('calls', 'calls')) }}
),

renamed as (
    select
        call_id,
        customer_id as calls_customer_id,
        agent_id,
        parent_call_id,
        ticket_id,
        order_id as calls_order_id,
        {{ brand_id() }} as brand_id,
        phone_number,
        phone_number_normalised,
        direction,
        queue,
        reason,
        root_cause,
        outcome,
        language,
        emotion_start,
        emotion_end,
        wait_seconds,
        hold_seconds,
        talk_seconds,
        wrap_seconds,
        transfer_count,
        is_abandoned,
        {{ business_date('started_at') }} as business_date,
        started_at,
        answered_at,
        ended_at,
        updated_at,
        _delivery_id,
        _received_at,
        _loaded_at
    from versions
)

select * from renamed
