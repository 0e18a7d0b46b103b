with versions as (
    {{ latest_version(source('pos', 'receipt_lines')) }}
),

renamed as (
    select
        receipt_id,
        line_number,
        product_id,
        {{ brand_id() }} as brand_id,
        quantity,
        list_price_amount,
        gross_amount,
        discount_amount,
        tax_amount,
        _delivery_id,
        _received_at,
        _loaded_at
    from versions
)

select * from renamed
