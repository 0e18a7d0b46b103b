{% set row_pixels = var('zone_row_pixels') %}
{% set columns = var('zone_columns') %}

with people as (
    select
        judged.visitor_id,
        judged.session_started_at
    from {{ ref('int_web_sessions_judged') }} as judged
    inner join {{ ref('int_web_sessions_totalled') }} as totals
        on
            judged.visitor_id = totals.visitor_id
            and judged.session_started_at = totals.session_started_at
    where
        judged.bot_reason is null
        and not judged.is_office
        and not coalesce(judged.visitor_id in {{ text_list(var('internal_ids')) }}, false)
        and not coalesce(
            substring(totals.account_key, 12) in {{ text_list(var('internal_ids')) }}, false
        )
        and {{ is_touched_session(
            ref('int_web_events_sessionised'), 'judged.session_date', 'judged.visitor_id'
        ) }}
),

{# Pages of products are one page to who designs them. #}
views as (
    select
        views.page_view_id,
        views.visitor_id,
        views.brand_id,
        coalesce(
            case when views.product_id is not null then views.page_type end,
            views.page_url,
            'unknown'
        ) as page,
        coalesce(views.device_class, 'unknown') as device_class,
        coalesce(views.layout_version, 'unknown') as layout_version,
        views.session_date
    from {{ ref('int_web_page_views_measured') }} as views
    inner join people
        on
            views.visitor_id = people.visitor_id
            and views.session_started_at = people.session_started_at
),

numbered as (
    select
        event_id,
        page_view_id
    from {{ ref('int_web_events_sessionised') }}
    where
        event_type in ('page_view', 'scroll', 'heartbeat', 'click', 'pointer_rest')
        and {{ is_touched_session(ref('int_web_events_sessionised'), 'session_date') }}
),

events as (
    select * from {{ ref('stg_web__events') }}
    where
        event_type in ('page_view', 'scroll', 'heartbeat', 'click', 'pointer_rest')
        and {{ until_as_of('business_date') }}
        and {{ is_near_touched_session(ref('int_web_events_sessionised')) }}
),

{# What is seen stays where it was last scrolled to. #}
placed as (
    select
        numbered.page_view_id,
        events.event_type,
        events.rest_ms,
        least(
            floor(events.x / nullif(events.page_width, 0) * {{ columns }}), {{ columns }} - 1
        ) as column_number,
        floor(events.y / {{ row_pixels }}) as row_number,
        ceil(events.document_height / {{ row_pixels }}) as row_count,
        coalesce({{ last_known('events.scroll_y') }} over so_far, 0) as top_pixel,
        {{ last_known('events.viewport_height') }} over so_far as viewport_height
    from events
    inner join numbered on events.event_id = numbered.event_id
    window so_far as (
        partition by numbered.page_view_id order by events.event_at, events.event_id
        rows between unbounded preceding and current row
    )
),

layers as (
    select
        page_view_id,
        case event_type when 'click' then 'clicks' else 'pointer' end as layer,
        column_number,
        row_number as first_row,
        row_number as last_row,
        cast(null as double) as row_count,
        case event_type when 'click' then 1 else rest_ms / 1000 end as amount
    from placed
    where
        column_number >= 0
        and row_number >= 0
        and (
            event_type = 'click'
            or (event_type = 'pointer_rest' and rest_ms >= {{ var('zone_rest_milliseconds') }})
        )
    union all
    select
        page_view_id,
        'attention' as layer,
        0 as column_number,
        floor(top_pixel / {{ row_pixels }}) as first_row,
        ceil((top_pixel + viewport_height) / {{ row_pixels }}) - 1 as last_row,
        cast(null as double) as row_count,
        {{ var('heartbeat_seconds') }} as amount
    from placed
    where event_type = 'heartbeat' and viewport_height > 0
    union all
    select
        page_view_id,
        'views' as layer,
        0 as column_number,
        0 as first_row,
        {# A click tells how far they came, too, where the site reports scrolling late. #}
        greatest(
            coalesce(ceil(max(top_pixel + viewport_height) / {{ row_pixels }}) - 1, 0),
            coalesce(max(case when event_type in ('click', 'pointer_rest') then row_number end), 0)
        ) as last_row,
        max(row_count) as row_count,
        1 as amount
    from placed
    group by page_view_id
),

counted as (
    select
        views.visitor_id,
        views.brand_id,
        views.page,
        views.device_class,
        views.layout_version,
        layers.layer,
        cast(layers.column_number as integer) as column_number,
        cast(layers.first_row as integer) as first_row,
        cast(layers.last_row as integer) as last_row,
        cast(max(layers.row_count) as integer) as row_count,
        cast(sum(cast(layers.amount as decimal(18, 3))) as decimal(18, 3)) as amount,
        views.session_date
    from layers
    inner join views on layers.page_view_id = views.page_view_id
    group by
        views.visitor_id,
        views.brand_id,
        views.page,
        views.device_class,
        views.layout_version,
        layers.layer,
        layers.column_number,
        layers.first_row,
        layers.last_row,
        views.session_date
)

select * from counted
