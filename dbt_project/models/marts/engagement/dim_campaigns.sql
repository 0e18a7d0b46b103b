with campaigns as (
    select
        campaign_id,
        campaign_name,
        campaign_type,
        channel,
        coalesce(currency, '{{ var("reporting_currency") }}') as currency,
        cost_amount,
        holdout_share,
        start_date <= {{ as_of_date() }}
        and coalesce(end_date, {{ as_of_date() }}) >= {{ as_of_date() }} as is_running,
        start_date,
        end_date
    from {{ ref('stg_marketing__campaigns') }}
)

select * from campaigns
