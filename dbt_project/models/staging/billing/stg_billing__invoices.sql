with versions as (
    {{ latest_version(source('billing', 'invoices')) }}
),

renamed as (
    select
        invoice_id,
        customer_id as billing_customer_id,
        subscription_id,
        order_id as shop_order_id,
        bill_run_id,
        {{ brand_id() }} as brand_id,
        status as invoice_status,
        currency,
        delivery as delivery_method,
        total_amount,
        due_date,
        {{ business_date('issued_at') }} as business_date,
        issued_at,
        paid_at,
        updated_at,
        _delivery_id,
        _received_at,
        _loaded_at
    from versions
)

select * from renamed
