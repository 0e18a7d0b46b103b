with versions as (
    {{ latest_version(source('marketing', 'campaigns')) }}
),

renamed as (
    select
        campaign_id,
        {{ brand_id() }} as brand_id,
        name as campaign_name,
        campaign_type,
        channel,
        currency,
        cost_amount,
        holdout_share,
        start_date,
        end_date,
        _delivery_id,
        _received_at,
        _loaded_at
    from versions
)

select * from renamed
