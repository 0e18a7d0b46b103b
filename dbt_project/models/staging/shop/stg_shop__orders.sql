with versions as (
    {{ latest_version(source('shop', 'orders')) }}
),

renamed as (
    select
        order_id as shop_order_id,
        customer_id as shop_customer_id,
        loyalty_id,
        {{ brand_id() }} as brand_id,
        email,
        email_normalised,
        phone,
        phone_normalised,
        sales_method,
        status,
        currency,
        coupon_code,
        gross_amount,
        discount_amount,
        tax_amount,
        shipping_amount,
        {{ business_date('ordered_at') }} as business_date,
        ordered_at,
        delivered_at,
        estimated_delivery_at,
        updated_at,
        {{ known_at('shop', 'orders', 'ordered_at') }},
        _delivery_id,
        _received_at,
        _loaded_at
    from versions
)

select * from renamed
