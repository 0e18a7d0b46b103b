with versions as (
    {{ latest_version(source('service', 'agent_notes')) }}
),

renamed as (
    select
        note_id,
        customer_id as service_customer_id,
        ticket_id,
        call_id,
        agent_id,
        {{ brand_id() }} as brand_id,
        note,
        root_cause,
        emotion,
        intensity,
        language,
        {{ business_date('noted_at') }} as business_date,
        noted_at,
        _delivery_id,
        _received_at,
        _loaded_at
    from versions
)

select * from renamed
