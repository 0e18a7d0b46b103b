with landings as (
    select distinct
        referrer,
        utm_source,
        utm_medium,
        campaign_id is not null as has_campaign
    from {{ ref('int_web_page_views_measured') }}
    where is_landing
),

entrances as (
    select distinct
        coalesce(referrer, '') as landing_referrer,
        coalesce(utm_source, '') as landing_source,
        coalesce(utm_medium, '') as landing_medium,
        has_campaign,
        lower(
            coalesce(utm_source, referrer, case when has_campaign then '(not set)' end, '(direct)')
        ) as source,
        lower(
            coalesce(
                utm_medium,
                case
                    when utm_source is not null then '(not set)'
                    when referrer is not null then 'referral'
                    when has_campaign then '(not set)'
                end,
                '(none)'
            )
        ) as medium
    from landings
),

grouped as (
    select
        landing_referrer,
        landing_source,
        landing_medium,
        has_campaign,
        source,
        medium,
        channel_group
    from (
        {{ channel_groups_of(
            'entrances',
            ['landing_referrer', 'landing_source', 'landing_medium', 'has_campaign'],
        ) }}
    ) as matched
)

select * from grouped
