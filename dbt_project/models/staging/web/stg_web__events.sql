with versions as (
    {{ latest_version(source('web', 'events')) }}
),

renamed as (
    select
        event_id,
        visitor_id,
        customer_id as web_customer_id,
        product_id,
        cart_id,
        order_id as web_order_id,
        campaign_id,
        {{ brand_id() }} as brand_id,
        event_type,
        page_url,
        page_type,
        referrer,
        element,
        field_name,
        field_action,
        checkout_step,
        search_term,
        utm_source,
        utm_medium,
        device_class,
        user_agent,
        ip_class,
        layout_version,
        x,
        y,
        page_width,
        viewport_height,
        document_height,
        scroll_y,
        rest_ms,
        search_result_count,
        {{ business_date('event_at') }} as business_date,
        event_at,
        _delivery_id,
        _received_at,
        _loaded_at
    from versions
)

select * from renamed
