with versions as (
    {{ latest_version(source('footfall', 'store_visits')) }}
),

renamed as (
    select
        visit_id,
        store_id,
        loyalty_id,
        customer_id as footfall_customer_id,
        employee_id,
        receipt_id,
        product_id,
        {{ brand_id() }} as brand_id,
        purpose,
        abandonment_reason,
        reason_source,
        comment,
        language,
        has_purchased,
        {{ business_date('entered_at') }} as business_date,
        entered_at,
        left_at,
        updated_at,
        _delivery_id,
        _received_at,
        _loaded_at
    from versions
)

select * from renamed
