with versions as (
    {{ latest_version(source('operations', 'incidents')) }}
),

renamed as (
    select
        incident_id,
        {{ brand_id() }} as brand_id,
        kind,
        area,
        region,
        severity,
        {{ business_date('started_at') }} as business_date,
        started_at,
        ended_at,
        updated_at,
        _delivery_id,
        _received_at,
        _loaded_at
    from versions
)

select * from renamed
