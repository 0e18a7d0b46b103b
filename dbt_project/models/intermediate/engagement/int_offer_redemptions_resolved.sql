with redemptions as (
    select
        *,
        {{ identity_key('marketing_customer_id', 'loyalty_id') }} as identity_key
    from {{ ref('stg_marketing__offer_redemptions') }}
    where {{ until_as_of('business_date') }}
),

identities as (
    select * from {{ ref('int_identities_resolved') }}
),

erased_keys as (
    select * from {{ ref('stg_identity__erased_keys') }}
),

numbered_orders as (
    select
        source_order_id,
        order_id,
        identity_key,
        customer_id,
        row_number() over (partition by source_order_id order by order_id) as source_rank
    from {{ ref('int_orders_unioned') }}
),

orders as (
    select * from numbered_orders
    where source_rank = 1
),

keyed as (
    select
        redemptions.redemption_id,
        redemptions.offer_id,
        redemptions.campaign_id,
        orders.order_id,
        redemptions.redeemed_amount,
        redemptions.business_date,
        redemptions.redeemed_at,
        redemptions.known_at,
        redemptions.is_late,
        redemptions.identity_key as own_identity_key,
        coalesce(redemptions.identity_key, orders.identity_key) as identity_key,
        case when redemptions.identity_key is null then orders.customer_id end as order_customer_id,
        coalesce(redemptions.currency, '{{ var("reporting_currency") }}') as currency
    from redemptions
    left join orders on redemptions.marketing_order_id = orders.source_order_id
),

resolved as (
    select
        keyed.redemption_id,
        keyed.offer_id,
        keyed.campaign_id,
        coalesce(identities.customer_id, keyed.order_customer_id) as customer_id,
        case when erased_keys.identity_key is null then keyed.identity_key end
            as identity_key,
        keyed.order_id,
        keyed.currency,
        keyed.redeemed_amount,
        keyed.business_date,
        keyed.redeemed_at,
        keyed.known_at,
        keyed.is_late
    from keyed
    left join identities on keyed.own_identity_key = identities.identity_key
    left join erased_keys on keyed.identity_key = erased_keys.identity_key
)

select * from resolved
