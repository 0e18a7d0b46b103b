with versions as (
    {{ latest_version(source('subscriptions', 'subscriptions')) }}
),

renamed as (
    select
        subscription_id,
        customer_id as subscriptions_customer_id,
        product_id,
        {{ brand_id() }} as brand_id,
        plan,
        billing_period,
        currency,
        cancellation_reason,
        price_amount,
        is_involuntary,
        current_period_end_date,
        {{ business_date('started_at') }} as business_date,
        started_at,
        canceled_at,
        ended_at,
        updated_at,
        _delivery_id,
        _received_at,
        _loaded_at
    from versions
)

select * from renamed
