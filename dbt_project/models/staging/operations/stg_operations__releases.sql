with versions as (
    {{ latest_version(source('operations', 'releases')) }}
),

renamed as (
    select
        release_id,
        {{ brand_id() }} as brand_id,
        product,
        version,
        {{ business_date('released_at') }} as business_date,
        released_at,
        _delivery_id,
        _received_at,
        _loaded_at
    from versions
)

select * from renamed
