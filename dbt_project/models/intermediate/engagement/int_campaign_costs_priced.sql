{# A campaign that a platform bills day by day is not billed as a whole again. #}
with campaigns as (
    select * from {{ ref('stg_marketing__campaigns') }}
),

ad_costs as (
    select * from {{ ref('stg_marketing__ad_costs') }}
    where {{ until_as_of('cost_date') }}
),

rates as (
    select * from {{ ref('int_exchange_rates_filled') }}
),

costs as (
    select
        campaign_id,
        platform,
        currency,
        impressions as impression_count,
        clicks as ad_click_count,
        cost_amount,
        cost_date as business_date
    from ad_costs
    union all
    select
        campaign_id,
        '(campaign)' as platform,
        currency,
        null as impression_count,
        null as ad_click_count,
        cost_amount,
        start_date as business_date
    from campaigns
    where
        cost_amount is not null
        and {{ until_as_of('start_date') }}
        and campaign_id not in (select ad_costs.campaign_id from ad_costs)
),

named as (
    select
        costs.*,
        coalesce(costs.currency, '{{ var("reporting_currency") }}')
        = '{{ var("reporting_currency") }}' as is_in_reporting_currency,
        lower(coalesce(campaigns.channel, costs.platform)) as source,
        lower(coalesce(campaigns.channel, costs.platform)) as medium
    from costs
    left join campaigns on costs.campaign_id = campaigns.campaign_id
),

media as (
    select distinct
        source,
        medium
    from named
),

channels as (
    {{ channel_groups_of('media', ['source', 'medium']) }}
),

priced as (
    select
        named.campaign_id,
        named.platform,
        channels.channel_group,
        '{{ var("reporting_currency") }}' as currency,
        named.impression_count,
        named.ad_click_count,
        case
            when named.is_in_reporting_currency then {{ to_reporting('named.cost_amount', '1') }}
            else {{ to_reporting('named.cost_amount', 'rates.exchange_rate') }}
        end as cost_amount,
        named.business_date
    from named
    inner join channels on named.source = channels.source and named.medium = channels.medium
    left join rates
        on named.currency = rates.currency and named.business_date = rates.business_date
)

select * from priced
