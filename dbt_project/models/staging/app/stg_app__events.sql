with versions as (
    {{ latest_version(source('app', 'events')) }}
),

renamed as (
    select
        event_id,
        device_id,
        customer_id as app_customer_id,
        product_id,
        cart_id,
        order_id as app_order_id,
        {{ brand_id() }} as brand_id,
        event_type,
        screen,
        search_term,
        checkout_step,
        app_version,
        platform,
        error_code,
        {{ business_date('event_at') }} as business_date,
        event_at,
        _delivery_id,
        _received_at,
        _loaded_at
    from versions
)

select * from renamed
