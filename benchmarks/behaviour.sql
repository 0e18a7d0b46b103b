-- What the models of web and sessions find, as one hand would write it for one table `events` and
-- one run: no layers, no increments, every column as it is needed. It leaves the tables clicks,
-- page_views, sessions, daily_pages, daily_searches and daily_fields.
create table ordered as
select
    event_id,
    visitor_id,
    customer_id,
    event_type,
    search_result_count,
    least((coalesce(scroll_y, 0) + viewport_height) / nullif(document_height, 0), 1) as depth,
    event_at,
    lag(event_at) over visitor as previous_at,
    lead(event_at) over visitor as next_at,
    min(case when event_type not in ('click', 'heartbeat', 'pointer_rest') then event_at end)
        over later as response_at,
    min(case when event_type = 'app_error' then event_at end) over later as error_at
from events
window
    visitor as (partition by visitor_id order by event_at, event_id),
    later as (
        partition by visitor_id order by event_at, event_id
        rows between 1 following and unbounded following
    );

create table numbered as
select
    * exclude (previous_at),
    max(case when previous_at is null or event_at > previous_at + interval 30 minute
        then event_at end) over so_far as started_at,
    last_value(case when event_type = 'page_view' then event_id end ignore nulls) over so_far
        as page_view_id
from ordered
window so_far as (
    partition by visitor_id order by event_at, event_id
    rows between unbounded preceding and current row
);
drop table ordered;

create table clicks as
with placed as (
    select
        numbered.event_id, numbered.visitor_id, started_at, page_view_id, element,
        x / page_width as x_share, x, y, numbered.event_at,
        coalesce(epoch_ms(response_at) - epoch_ms(numbered.event_at) > 1000, true) as is_dead,
        coalesce(epoch_ms(error_at) - epoch_ms(numbered.event_at) <= 2000, false) as is_error
    from numbered
    inner join events using (event_id)
    where numbered.event_type = 'click'
),
compared as (
    select
        *,
        event_at <= lag(event_at, 2) over click + interval 1 second
        and (x - lag(x, 2) over click) ** 2 + (y - lag(y, 2) over click) ** 2 <= 900
        and (x - lag(x) over click) ** 2 + (y - lag(y) over click) ** 2 <= 900
        and (lag(x) over click - lag(x, 2) over click) ** 2
        + (lag(y) over click - lag(y, 2) over click) ** 2 <= 900 as is_third
    from placed
    window click as (partition by visitor_id, started_at order by event_at, event_id)
)
select
    *,
    is_third and not coalesce(lag(is_third) over click, false) as is_rage_burst
from compared
window click as (partition by visitor_id, started_at order by event_at, event_id);

create table page_views as
with measured as (
    select
        page_view_id, visitor_id, started_at,
        greatest(10 * (count(distinct case when event_type = 'heartbeat'
            then epoch_ms(event_at) // 10000 end) - 1) + 5, 0) as engaged_seconds,
        count(*) filter (event_type = 'click') as click_count,
        count(*) filter (event_type = 'add_to_cart') as add_to_cart_count,
        max(depth) as depth,
        max(event_at) as last_at
    from numbered
    where page_view_id is not null
    group by page_view_id, visitor_id, started_at
),
placed as (
    select
        measured.*, page_url, page_type, product_id, device_class, layout_version, user_agent,
        ip_class, referrer, utm_source, utm_medium, campaign_id, event_at as viewed_at
    from measured
    inner join events on measured.page_view_id = events.event_id
),
neighbours as (
    select
        *,
        row_number() over page as page_number,
        lag(page_url) over page as previous_page_url,
        lead(page_url) over page as next_page_url,
        lead(viewed_at) over page as next_viewed_at
    from placed
    window page as (partition by visitor_id, started_at order by viewed_at, page_view_id)
)
select
    *,
    epoch_ms(coalesce(next_viewed_at, last_at)) - epoch_ms(viewed_at) as absolute_milliseconds,
    page_number = 1 as is_landing,
    next_viewed_at is null as is_exit,
    coalesce(next_page_url = previous_page_url
        and next_viewed_at < viewed_at + interval 5 second, false) as is_quick_back
from neighbours;

create table sessions as
with totals as (
    select
        visitor_id, started_at, max(event_at) as ended_at, max(depth) as depth,
        arg_min(customer_id, event_at) filter (customer_id is not null) as customer_id,
        count(*) filter (event_type = 'page_view') as view_count,
        count(*) filter (event_type = 'click') as click_count,
        count(*) filter (event_type = 'search') as search_count,
        count(*) filter (event_type = 'search' and search_result_count = 0) as vain_search_count,
        count(*) filter (event_type = 'add_to_cart') as add_to_cart_count,
        count(*) filter (event_type = 'checkout_step') as checkout_step_count,
        count(*) filter (event_type = 'order') as order_count,
        count(*) filter (event_type = 'app_error') as error_count,
        greatest(10 * (count(distinct case when event_type = 'heartbeat'
            then epoch_ms(event_at) // 10000 end) - 1) + 5, 0) as engaged_seconds,
        sum(least(epoch_ms(case when next_at <= event_at + interval 30 minute then next_at end)
            - epoch_ms(event_at), 30000)) as estimated_milliseconds
    from numbered
    group by visitor_id, started_at
),
frustrations as (
    select
        visitor_id, started_at,
        count(*) filter (is_rage_burst) as rage_click_count,
        count(*) filter (is_dead) as dead_click_count,
        count(*) filter (is_error) as error_click_count
    from clicks
    group by visitor_id, started_at
),
pages as (
    select
        visitor_id, started_at,
        max(page_url) filter (is_landing) as landing_page_url,
        max(page_url) filter (is_exit) as exit_page_url,
        max(referrer) filter (is_landing) as referrer,
        max(utm_source) filter (is_landing) as utm_source,
        max(utm_medium) filter (is_landing) as utm_medium,
        max(device_class) filter (is_landing) as device_class,
        count(product_id) as product_view_count,
        count(*) filter (is_quick_back) as quick_back_count,
        bool_or(regexp_matches(lower(user_agent), 'bot|headless'))
        or count(distinct user_agent) >= 3
        or avg((ip_class = 'data_centre')::integer) >= 0.5 as is_bot,
        bool_or(ip_class = 'office') as is_internal
    from page_views
    group by visitor_id, started_at
)
select
    totals.*, frustrations.* exclude (visitor_id, started_at), pages.* exclude (visitor_id, started_at),
    view_count >= 2 or engaged_seconds >= 10 or order_count > 0 as is_engaged
from totals
left join frustrations using (visitor_id, started_at)
left join pages using (visitor_id, started_at);

create table daily_pages as
select
    page_views.viewed_at::date as business_date, page_url,
    count(*) as view_count,
    count(distinct (visitor_id, started_at)) as session_count,
    count(distinct coalesce(customer_id, visitor_id)) as person_count,
    count(*) filter (is_landing) as landing_count,
    count(*) filter (is_landing and not is_engaged) as bounce_count,
    count(*) filter (is_exit) as exit_count,
    sum(page_views.click_count) as click_count,
    sum(page_views.engaged_seconds) as engaged_seconds,
    sum(absolute_milliseconds) as absolute_milliseconds,
    count(*) filter (page_views.depth >= 0.5) as depth_50_count,
    count(*) filter (page_views.depth >= 0.9) as depth_90_count
from page_views
inner join sessions using (visitor_id, started_at)
where not coalesce(is_bot, false) and not coalesce(is_internal, false)
group by all;

create table daily_searches as
select
    event_at::date as business_date, lower(trim(search_term)) as search_term,
    count(*) as search_count,
    count(*) filter (search_result_count = 0) as vain_search_count
from events
where event_type = 'search'
group by all;

create table daily_fields as
select
    event_at::date as business_date, page_url, field_name,
    count(*) filter (field_action = 'focus') as focus_count,
    count(*) filter (field_action = 'error') as error_count
from events
where event_type = 'form_field'
group by all;
