with versions as (
    {{ latest_version(source('marketing', 'offers')) }}
),

renamed as (
    select
        offer_id,
        customer_id as marketing_customer_id,
        campaign_id,
        product_id,
        {{ brand_id() }} as brand_id,
        category,
        currency,
        discount_share,
        discount_amount,
        {{ business_date('sent_at') }} as business_date,
        sent_at,
        seen_at,
        declined_at,
        expires_at,
        updated_at,
        _delivery_id,
        _received_at,
        _loaded_at
    from versions
)

select * from renamed
