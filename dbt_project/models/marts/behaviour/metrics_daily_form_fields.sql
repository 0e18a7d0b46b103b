{# Only the last field that was touched on a page is left behind there. #}
with events as (
    select * from {{ ref('int_web_events_sessionised') }}
    where
        event_type = 'form_field'
        and page_view_id is not null
        and {{ is_touched_day_of_sessions(
            ref('stg_web__events'), ref('fct_web_sessions'), 'business_date', 'event_at', reach=1
        ) }}
),

fields as (
    select
        event_id,
        field_name,
        field_action
    from {{ ref('stg_web__events') }}
    where
        event_type = 'form_field'
        and {{ is_touched_day_of_sessions(
            ref('stg_web__events'), ref('fct_web_sessions'), 'business_date', 'event_at', reach=1
        ) }}
),

views as (
    select * from {{ ref('fct_page_views') }}
    where
        not is_bot
        and not is_internal
        and {{ is_touched_day_of_sessions(
            ref('stg_web__events'), ref('fct_web_sessions'), 'business_date'
        ) }}
),

sessions as (
    select * from {{ ref('fct_web_sessions') }}
    where
        {{ is_touched_day_of_sessions(
            ref('stg_web__events'), ref('fct_web_sessions'), 'business_date', reach=1
        ) }}
),

touched as (
    select
        events.page_view_id,
        fields.field_name,
        count(case when fields.field_action = 'change' then 1 end) as change_count,
        count(case when fields.field_action = 'error' then 1 end) as error_count,
        {{ seconds_between('min(events.event_at)', 'max(events.event_at)') }} as field_seconds,
        row_number() over (
            partition by events.page_view_id
            order by max(events.event_at) desc, fields.field_name asc
        ) as number_from_end
    from events
    inner join fields on events.event_id = fields.event_id
    where fields.field_name is not null
    group by events.page_view_id, fields.field_name
),

judged as (
    select
        touched.*,
        views.business_date,
        views.brand_id,
        coalesce(views.page_url, '(unknown)') as page_url,
        touched.number_from_end = 1 and views.is_exit and not sessions.is_converted as is_left
    from touched
    inner join views on touched.page_view_id = views.page_view_id
    inner join sessions on views.session_id = sessions.session_id
),

daily as (
    select
        business_date,
        brand_id,
        page_url,
        field_name,
        count(*) as view_count,
        count(case when change_count > 0 then 1 end) as changed_view_count,
        count(case when error_count > 0 then 1 end) as error_view_count,
        cast(sum(error_count) as bigint) as error_count,
        count(case when is_left then 1 end) as drop_off_count,
        {{ divide('count(case when is_left then 1 end)', 'count(*)') }} as drop_off_rate,
        {{ divide(total_seconds('field_seconds'), 'count(*)') }} as mean_seconds
    from judged
    group by business_date, brand_id, page_url, field_name
)

select * from daily
