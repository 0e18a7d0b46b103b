with versions as (
    {{ latest_version(source('loyalty', 'tiers')) }}
),

renamed as (
    select
        loyalty_id,
        valid_from,
        {{ brand_id() }} as brand_id,
        tier,
        reason as tier_reason,
        _delivery_id,
        _received_at,
        _loaded_at
    from versions
)

select * from renamed
