with versions as (
    {{ latest_version(source('loyalty', 'points')) }}
),

renamed as (
    select
        entry_id,
        loyalty_id,
        order_id as shop_order_id,
        receipt_id,
        {{ brand_id() }} as brand_id,
        entry_type,
        points,
        {{ business_date('booked_at') }} as business_date,
        booked_at,
        _delivery_id,
        _received_at,
        _loaded_at
    from versions
)

select * from renamed
