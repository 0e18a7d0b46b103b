with redemptions as (
    select
        redemption_id,
        offer_id,
        campaign_id,
        customer_id,
        {{ open_identity_key('identity_key') }} as identity_key,
        order_id,
        currency,
        redeemed_amount,
        is_late,
        business_date,
        redeemed_at,
        known_at
    from {{ ref('int_offer_redemptions_resolved') }}
)

select * from redemptions
