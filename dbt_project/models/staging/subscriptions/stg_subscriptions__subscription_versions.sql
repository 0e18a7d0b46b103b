with versions as (
    {{ all_versions(
        source('subscriptions', 'subscriptions'), ['subscription_id'], 'updated_at'
    ) }}
),

renamed as (
    select
        subscription_id,
        _version_number as version_number,
        plan,
        billing_period,
        currency,
        price_amount,
        coalesce(_is_deleted, false) as is_deleted,
        updated_at,
        _received_at
    from versions
)

select * from renamed
