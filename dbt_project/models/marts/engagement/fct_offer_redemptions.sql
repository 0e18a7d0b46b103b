with resolved as (
    select * from {{ ref('int_offer_redemptions_resolved') }}
),

contact_keys as (
    select * from {{ ref('stg_identity__contact_keys') }}
),

redemptions as (
    select
        resolved.redemption_id,
        resolved.offer_id,
        resolved.campaign_id,
        resolved.customer_id,
        {{ open_identity_key('resolved.identity_key') }} as identity_key,
        resolved.order_id,
        resolved.currency,
        resolved.redeemed_amount,
        resolved.is_late,
        resolved.business_date,
        resolved.redeemed_at,
        resolved.known_at
    from resolved
    left join contact_keys on resolved.identity_key = contact_keys.identity_key
)

select * from redemptions
