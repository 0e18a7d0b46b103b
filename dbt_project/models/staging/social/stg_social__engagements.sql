with versions as (
    {{ latest_version(source('social', 'engagements')) }}
),

renamed as (
    select
        engagement_id,
        post_id,
        {{ brand_id() }} as brand_id,
        network,
        handle,
        handle_normalised,
        kind,
        {{ business_date('engaged_at') }} as business_date,
        engaged_at,
        _delivery_id,
        _received_at,
        _loaded_at
    from versions
)

select * from renamed
