with versions as (
    {{ latest_version(source('service', 'messages')) }}
),

renamed as (
    select
        message_id,
        conversation_id,
        customer_id as service_customer_id,
        {{ brand_id() }} as brand_id,
        network,
        phone_number,
        phone_number_normalised,
        direction,
        text,
        language,
        {{ business_date('sent_at') }} as business_date,
        sent_at,
        _delivery_id,
        _received_at,
        _loaded_at
    from versions
)

select * from renamed
