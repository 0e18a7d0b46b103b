with versions as (
    {{ latest_version(source('shop', 'payments')) }}
),

renamed as (
    select
        order_id as shop_order_id,
        payment_number,
        {{ brand_id() }} as brand_id,
        payment_method,
        currency,
        installment_count,
        payment_amount,
        {{ business_date('paid_at') }} as business_date,
        paid_at,
        _delivery_id,
        _received_at,
        _loaded_at
    from versions
)

select * from renamed
