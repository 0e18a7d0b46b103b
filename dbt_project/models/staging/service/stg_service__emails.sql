with versions as (
    {{ latest_version(source('service', 'emails')) }}
),

renamed as (
    select
        message_id,
        thread_id,
        ticket_id,
        customer_id as service_customer_id,
        {{ brand_id() }} as brand_id,
        from_address,
        from_address_normalised,
        direction,
        subject,
        body,
        language,
        {{ business_date('sent_at') }} as business_date,
        sent_at,
        _delivery_id,
        _received_at,
        _loaded_at
    from versions
)

select * from renamed
