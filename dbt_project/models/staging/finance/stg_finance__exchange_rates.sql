with versions as (
    {{ latest_version(source('finance', 'exchange_rates')) }}
),

renamed as (
    select
        currency,
        reporting_currency,
        rate as exchange_rate,
        rate_date,
        _delivery_id,
        _received_at,
        _loaded_at
    from versions
)

select * from renamed
