with views as (
    select * from {{ ref('fct_page_views') }}
    where
        not is_bot
        and not is_internal
        and {{ is_touched_day_of_sessions(
            ref('stg_web__events'), ref('fct_web_sessions'), 'business_date'
        ) }}
),

daily as (
    select
        business_date,
        brand_id,
        coalesce(page_url, '(unknown)') as page_url,
        max(page_type) as page_type,
        max(product_id) as product_id,
        count(*) as view_count,
        count(distinct session_id) as session_count,
        count(distinct coalesce(customer_id, anonymous_visitor_key)) as person_count,
        count(distinct customer_id) as customer_count,
        count(case when is_landing then 1 end) as landing_count,
        count(case when is_bounce then 1 end) as bounce_count,
        count(case when is_exit then 1 end) as exit_count,
        count(case when is_quick_back then 1 end) as quick_back_count,
        cast(sum(click_count) as bigint) as click_count,
        cast(sum(add_to_cart_count) as bigint) as add_to_cart_count,
        {{ total_seconds('engaged_seconds') }} as engaged_seconds,
        {{ total_seconds('absolute_seconds') }} as absolute_seconds,
        {% for percent in [25, 50, 75, 90, 100] %}
            count(case when scroll_depth >= {{ percent / 100 }} then 1 end)
                as depth_{{ percent }}_count,
        {% endfor %}
        count(scroll_depth) as depth_view_count
    from views
    group by business_date, brand_id, coalesce(page_url, '(unknown)')
),

rates as (
    select
        business_date,
        brand_id,
        page_url,
        page_type,
        product_id,
        view_count,
        session_count,
        person_count,
        customer_count,
        landing_count,
        bounce_count,
        exit_count,
        quick_back_count,
        click_count,
        add_to_cart_count,
        engaged_seconds,
        absolute_seconds,
        {{ divide('bounce_count', 'landing_count') }} as bounce_rate,
        {{ divide('exit_count', 'view_count') }} as exit_rate,
        {% for percent in [25, 50, 75, 90, 100] %}
            {{ divide('depth_' ~ percent ~ '_count', 'depth_view_count') }}
                as depth_{{ percent }}_rate,
        {% endfor %}
        depth_view_count
    from daily
)

select * from rates
