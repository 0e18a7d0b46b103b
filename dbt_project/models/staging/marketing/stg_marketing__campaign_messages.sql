with versions as (
    {{ latest_version(source('marketing', 'campaign_messages')) }}
),

renamed as (
    select
        message_id,
        campaign_id,
        customer_id as marketing_customer_id,
        loyalty_id,
        {{ brand_id() }} as brand_id,
        channel,
        coalesce(is_holdout, false) as is_holdout,
        {{ business_date('sent_at') }} as business_date,
        sent_at,
        delivered_at,
        opened_at,
        clicked_at,
        bounced_at,
        unsubscribed_at,
        {{ known_at('marketing', 'campaign_messages', 'sent_at') }},
        _delivery_id,
        _received_at,
        _loaded_at
    from versions
)

select * from renamed
