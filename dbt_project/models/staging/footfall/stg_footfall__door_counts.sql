with versions as (
    {{ latest_version(source('footfall', 'door_counts')) }}
),

renamed as (
    select
        sensor_id,
        store_id,
        {{ brand_id() }} as brand_id,
        entry_count,
        exit_count,
        group_size,
        {{ business_date('counted_at') }} as business_date,
        counted_at,
        _delivery_id,
        _received_at,
        _loaded_at
    from versions
)

select * from renamed
