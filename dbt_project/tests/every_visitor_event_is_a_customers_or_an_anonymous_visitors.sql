{{ config(meta={'dagster': {'ref': {'name': 'dim_visitors'}}}) }}

with events as (
    select
        count(*) as event_count,
        count(customer_id) + count(anonymous_visitor_key) as owned_count
    from {{ ref('int_visitor_events_resolved') }}
),

visitors as (
    select coalesce(sum(event_count), 0) as event_count
    from {{ ref('dim_visitors') }}
),

staged as (
    select
        (
            select count(*) from {{ ref('stg_web__events') }}
            where {{ until_as_of('business_date') }}
        )
        + (
            select count(*) from {{ ref('stg_app__events') }}
            where {{ until_as_of('business_date') }}
        ) as event_count
),

counted_twice as (
    select count(*) as visitor_count
    from {{ ref('int_visitor_events_resolved') }} as resolved
    inner join {{ ref('dim_visitors') }} as visitors
        on resolved.visitor_key = visitors.visitor_key
    where visitors.is_anonymous and resolved.customer_id is not null
)

select
    staged.event_count as staged_event_count,
    events.event_count as resolved_event_count,
    events.owned_count,
    visitors.event_count as visitor_event_count,
    counted_twice.visitor_count as anonymous_and_customer_count
from staged
cross join events
cross join visitors
cross join counted_twice
where
    staged.event_count <> events.event_count
    or events.event_count <> events.owned_count
    or events.event_count <> visitors.event_count
    or counted_twice.visitor_count > 0
