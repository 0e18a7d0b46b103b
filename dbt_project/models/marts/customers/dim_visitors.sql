with events as (
    select * from {{ ref('int_visitor_events_resolved') }}
),

periods as (
    select * from {{ ref('int_visitor_periods_resolved') }}
),

stitched as (
    select
        visitor_key,
        max(customer_id) as customer_id,
        bool_or(is_shared) as is_shared,
        min(login_at) as stitched_at
    from periods
    group by visitor_key
),

seen as (
    select
        source,
        visitor_key,
        count(*) as event_count,
        count(anonymous_visitor_key) as anonymous_event_count,
        count(distinct business_date) as visit_day_count,
        count(distinct customer_id) as customer_count,
        min(business_date) as first_seen_date,
        min(event_at) as first_seen_at,
        max(event_at) as last_seen_at
    from events
    group by source, visitor_key
),

visitors as (
    select
        seen.visitor_key,
        case when not stitched.is_shared then stitched.customer_id end as customer_id,
        case seen.source when 'web' then 'browser' else 'app' end as visitor_type,
        case
            when seen.customer_count = 0 then 'anonymous'
            when stitched.visitor_key is null then 'kept_apart'
            when stitched.is_shared then 'shared'
            else 'stitched'
        end as visitor_status,
        case when stitched.visitor_key is not null then 'login' end as stitch_rule,
        seen.event_count,
        seen.anonymous_event_count,
        seen.visit_day_count,
        seen.customer_count,
        seen.customer_count = 0 as is_anonymous,
        seen.first_seen_date,
        seen.first_seen_at,
        seen.last_seen_at,
        stitched.stitched_at
    from seen
    left join stitched on seen.visitor_key = stitched.visitor_key
)

select * from visitors
