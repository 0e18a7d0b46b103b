with versions as (
    {{ latest_version(source('market', 'competitor_offers')) }}
),

renamed as (
    select
        competitor,
        offer_name,
        {{ brand_id() }} as brand_id,
        category,
        description,
        region,
        discount_share,
        valid_from,
        valid_to,
        _delivery_id,
        _received_at,
        _loaded_at
    from versions
)

select * from renamed
