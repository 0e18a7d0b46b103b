with versions as (
    {{ latest_version(source('marketplace', 'orders')) }}
),

renamed as (
    select
        order_id as marketplace_order_id,
        {{ brand_id() }} as brand_id,
        marketplace,
        email,
        email_normalised,
        status,
        currency,
        gross_amount,
        discount_amount,
        tax_amount,
        shipping_amount,
        commission_amount,
        {{ business_date('ordered_at') }} as business_date,
        ordered_at,
        updated_at,
        {{ known_at('marketplace', 'orders', 'ordered_at') }},
        _delivery_id,
        _received_at,
        _loaded_at
    from versions
)

select * from renamed
