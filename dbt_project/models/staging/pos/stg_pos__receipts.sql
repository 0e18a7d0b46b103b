with versions as (
    {{ latest_version(source('pos', 'receipts')) }}
),

renamed as (
    select
        receipt_id,
        store_id,
        till_id,
        loyalty_id,
        {{ brand_id() }} as brand_id,
        status,
        payment_method,
        currency,
        gross_amount,
        discount_amount,
        tax_amount,
        {{ business_date('sold_at') }} as business_date,
        sold_at,
        {{ known_at('pos', 'receipts', 'sold_at') }},
        _delivery_id,
        _received_at,
        _loaded_at
    from versions
)

select * from renamed
