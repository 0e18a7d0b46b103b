with offers as (
    select
        *,
        {{ identity_key('marketing_customer_id', none) }} as identity_key
    from {{ ref('stg_marketing__offers') }}
    where {{ until_as_of('business_date') }}
),

identities as (
    select * from {{ ref('int_identities_resolved') }}
),

redemptions as (
    select
        offer_id,
        customer_id,
        min(redeemed_at) as redeemed_at
    from {{ ref('int_offer_redemptions_resolved') }}
    where customer_id is not null
    group by offer_id, customer_id
),

joined as (
    select
        offers.*,
        identities.customer_id,
        redemptions.redeemed_at,
        offers.seen_at is not null
        or offers.declined_at is not null
        or redemptions.redeemed_at is not null as is_seen
    from offers
    left join identities on offers.identity_key = identities.identity_key
    left join redemptions
        on
            offers.offer_id = redemptions.offer_id
            and identities.customer_id = redemptions.customer_id
),

resolved as (
    select
        offer_id,
        marketing_customer_id,
        customer_id,
        campaign_id,
        case
            when redeemed_at is not null then 'redeemed'
            when declined_at is not null then 'declined'
            when {{ until_as_of(business_date('expires_at')) }} then 'expired'
            when is_seen then 'seen'
            else 'sent'
        end as offer_status,
        is_seen,
        business_date,
        sent_at,
        redeemed_at
    from joined
)

select * from resolved
