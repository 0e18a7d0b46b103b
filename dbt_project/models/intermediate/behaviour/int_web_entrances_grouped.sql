with landings as (
    select distinct
        referrer,
        utm_source,
        utm_medium,
        campaign_id is not null as has_campaign
    from {{ ref('int_web_page_views_measured') }}
    where is_landing
),

sources as (
    select * from {{ ref('traffic_sources') }}
),

rules as (
    select * from {{ ref('channel_groups') }}
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

named as (
    select
        entrances.*,
        sources.source_category,
        row_number() over (
            partition by
                entrances.landing_referrer, entrances.landing_source,
                entrances.landing_medium, entrances.has_campaign
            order by length(sources.source_name) desc, sources.source_name asc
        ) as name_rank
    from entrances
    left join sources
        on '.' || entrances.source || '.' like '%.' || sources.source_name || '.%'
),

ruled as (
    select
        named.*,
        rules.channel_group,
        row_number() over (
            partition by
                named.landing_referrer, named.landing_source,
                named.landing_medium, named.has_campaign
            order by rules.rule_number asc nulls last
        ) as rule_rank
    from named
    left join rules
        on
            (rules.source_category is null or named.source_category = rules.source_category)
            and (rules.source_pattern is null or named.source like rules.source_pattern)
            and (rules.medium_pattern is null or named.medium like rules.medium_pattern)
    where named.name_rank = 1
),

grouped as (
    select
        landing_referrer,
        landing_source,
        landing_medium,
        has_campaign,
        source,
        medium,
        coalesce(channel_group, 'Unassigned') as channel_group
    from ruled
    where rule_rank = 1
)

select * from grouped
