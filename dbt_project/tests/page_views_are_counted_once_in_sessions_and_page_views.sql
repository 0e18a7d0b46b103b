{{ config(meta={'dagster': {'ref': {'name': 'fct_page_views'}}}) }}

with staged as (
    select count(*) as view_count
    from {{ ref('stg_web__events') }}
    where event_type = 'page_view' and {{ until_as_of('business_date') }}
),

sessions as (
    select coalesce(sum(view_count), 0) as view_count
    from {{ ref('fct_web_sessions') }}
),

page_views as (
    select count(*) as view_count
    from {{ ref('fct_page_views') }}
)

select
    staged.view_count as staged_view_count,
    sessions.view_count as session_view_count,
    page_views.view_count
from staged
cross join sessions
cross join page_views
where staged.view_count <> sessions.view_count or staged.view_count <> page_views.view_count
