with versions as (
    {{ latest_version(source('market', 'competitor_prices')) }}
),

renamed as (
    select
        competitor,
        product_id,
        {{ brand_id() }} as brand_id,
        currency,
        url,
        price_amount,
        is_promotion,
        observed_date,
        _delivery_id,
        _received_at,
        _loaded_at
    from versions
)

select * from renamed
