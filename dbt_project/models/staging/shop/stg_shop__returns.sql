with versions as (
    {{ latest_version(source('shop', 'returns')) }}
),

renamed as (
    select
        return_id,
        order_id as shop_order_id,
        receipt_id,
        product_id,
        customer_id as shop_customer_id,
        loyalty_id,
        store_id,
        {{ brand_id() }} as brand_id,
        return_method,
        reason as return_reason,
        comment,
        currency,
        line_number,
        quantity,
        refund_amount,
        {{ business_date('requested_at') }} as business_date,
        requested_at,
        received_back_at,
        refunded_at,
        updated_at,
        _delivery_id,
        _received_at,
        _loaded_at
    from versions
)

select * from renamed
