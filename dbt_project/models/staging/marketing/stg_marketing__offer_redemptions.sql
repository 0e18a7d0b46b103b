with versions as (
    {{ latest_version(source('marketing', 'offer_redemptions')) }}
),

renamed as (
    select
        redemption_id,
        offer_id,
        campaign_id,
        customer_id as marketing_customer_id,
        loyalty_id,
        order_id as marketing_order_id,
        {{ brand_id() }} as brand_id,
        currency,
        redeemed_amount,
        {{ business_date('redeemed_at') }} as business_date,
        redeemed_at,
        {{ known_at('marketing', 'offer_redemptions', 'redeemed_at') }},
        _delivery_id,
        _received_at,
        _loaded_at
    from versions
)

select * from renamed
