with versions as (
    {{ latest_version(source('kiosk', 'events')) }}
),

renamed as (
    select
        event_id,
        kiosk_id,
        store_id,
        session_id,
        loyalty_id,
        product_id,
        {{ brand_id() }} as brand_id,
        event_type,
        search_term,
        {{ business_date('event_at') }} as business_date,
        event_at,
        _delivery_id,
        _received_at,
        _loaded_at
    from versions
)

select * from renamed
