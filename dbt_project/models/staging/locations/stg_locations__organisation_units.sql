with versions as (
    {{ latest_version(source('locations', 'organisation_units')) }}
),

renamed as (
    select
        unit_id,
        valid_from,
        parent_unit_id,
        {{ brand_id() }} as brand_id,
        name as unit_name,
        level,
        valid_to,
        updated_at,
        _delivery_id,
        _received_at,
        _loaded_at
    from versions
)

select * from renamed
