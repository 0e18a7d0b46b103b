with versions as (
    {{ latest_version(source('marketing', 'ad_costs')) }}
),

renamed as (
    select
        platform,
        campaign_id,
        {{ brand_id() }} as brand_id,
        currency,
        impressions,
        clicks,
        cost_amount,
        platform_conversions,
        cost_date,
        updated_at,
        _delivery_id,
        _received_at,
        _loaded_at
    from versions
)

select * from renamed
