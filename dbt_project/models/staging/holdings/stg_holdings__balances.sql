with versions as (
    {{ latest_version(source('holdings', 'balances')) }}
),

renamed as (
    select
        account_number,
        product as holding_product,
        snapshot_date,
        customer_id as holdings_customer_id,
        {{ brand_id() }} as brand_id,
        currency,
        balance_amount,
        _delivery_id,
        _received_at,
        _loaded_at
    from versions
)

select * from renamed
