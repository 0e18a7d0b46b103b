with versions as (
    {{ latest_version(source('marketing', 'touches')) }}
),

renamed as (
    select
        touch_id,
        visitor_id,
        customer_id as marketing_customer_id,
        campaign_id,
        {{ brand_id() }} as brand_id,
        touch_channel,
        source,
        medium,
        is_click,
        {{ business_date('touched_at') }} as business_date,
        touched_at,
        _delivery_id,
        _received_at,
        _loaded_at
    from versions
)

select * from renamed
