with versions as (
    {{ latest_version(source('tickets', 'status_changes')) }}
),

renamed as (
    select
        ticket_id,
        agent_id,
        {{ brand_id() }} as brand_id,
        from_status,
        to_status,
        {{ business_date('changed_at') }} as business_date,
        changed_at,
        _delivery_id,
        _received_at,
        _loaded_at
    from versions
)

select * from renamed
