with versions as (
    {{ latest_version(source('context', 'public_holidays')) }}
),

renamed as (
    select
        country_code,
        name as holiday_name,
        {{ brand_id() }} as brand_id,
        region,
        is_shop_closed,
        holiday_date,
        _delivery_id,
        _received_at,
        _loaded_at
    from versions
)

select * from renamed
