with versions as (
    {{ latest_version(source('tickets', 'tickets')) }}
),

renamed as (
    select
        ticket_id,
        customer_id as tickets_customer_id,
        order_id as tickets_order_id,
        {{ brand_id() }} as brand_id,
        email,
        email_normalised,
        channel,
        reason,
        root_cause,
        priority,
        status,
        reopened_count,
        {{ business_date('created_at') }} as business_date,
        created_at,
        first_replied_at,
        solved_at,
        updated_at,
        _delivery_id,
        _received_at,
        _loaded_at
    from versions
)

select * from renamed
