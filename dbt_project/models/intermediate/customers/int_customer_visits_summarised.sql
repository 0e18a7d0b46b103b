with web_sessions as (
    select
        *,
        {{ within_days('business_date', 90) }} as is_recent
    from {{ ref('fct_web_sessions') }}
    where customer_id is not null and not is_bot and not is_internal
),

app_sessions as (
    select
        *,
        {{ within_days('business_date', 90) }} as is_recent
    from {{ ref('fct_app_sessions') }}
    where customer_id is not null and not is_internal
),

store_visits as (
    select
        *,
        {{ within_days('business_date', 90) }} as is_recent
    from {{ ref('fct_store_visits') }}
    where customer_id is not null
),

product_views as (
    select
        views.customer_id,
        views.product_id,
        products.category as product_category,
        views.engaged_seconds
    from {{ ref('fct_page_views') }} as views
    left join {{ ref('stg_catalog__products') }} as products
        on views.product_id = products.product_id
    where
        views.customer_id is not null
        and views.product_id is not null
        and not views.is_bot
        and not views.is_internal
        and {{ within_days('views.business_date', 90) }}
),

{# A session on the website and one in the app, with what both have. #}
sessions as (
    {% for name in ['web', 'app'] %}
        select
            customer_id,
            order_count,
            engaged_seconds,
            search_count,
            product_view_count,
            add_to_cart_count,
            error_count,
            {{ 'channel_group' if name == 'web' else 'cast(null as string)' }} as channel_group,
            {{ 'device_class' if name == 'web' else "'app'" }} as device_class,
            {{ 'platform' if name == 'app' else 'cast(null as string)' }} as app_platform,
            {{ 'search_without_result_count' if name == 'web' else 'cast(null as bigint)' }}
                as search_without_result_count,
            is_engaged,
            is_converted,
            is_recent
        from {{ name }}_sessions
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

usual as (
    {{ usual_values({
        'sessions': {
            'device_class': 'usual_device_class', 'channel_group': 'usual_channel_group',
            'app_platform': 'usual_app_platform',
        },
        'store_visits': {'store_id': 'usual_visited_store_id', 'purpose': 'usual_visit_purpose'},
    }) }}
),

web_totals as (
    select
        customer_id,
        count(*) as web_session_count,
        count(case when is_recent then 1 end) as web_session_count_90d,
        {% for sign in var('frustration_weights') %}
            sum(case when is_recent then {{ sign }}_count else 0 end) as {{ sign }}_count,
        {% endfor %}
        {{ total_seconds('case when is_recent then engaged_seconds end') }} as web_engaged_seconds,
        max(business_date) as last_web_session_date
    from web_sessions
    group by customer_id
),

app_totals as (
    select
        customer_id,
        count(*) as app_session_count,
        count(case when is_recent then 1 end) as app_session_count_90d,
        count(case when is_from_push then 1 end) as app_session_from_push_count,
        max(business_date) as last_app_session_date
    from app_sessions
    group by customer_id
),

session_totals as (
    select
        customer_id,
        {{ divide('count(case when is_engaged then 1 end)', 'count(*)') }} as engaged_session_rate,
        {{ divide('count(case when is_converted then 1 end)', 'count(*)') }}
            as session_conversion_rate,
        {{ total_seconds('case when is_recent then engaged_seconds end') }} as engaged_seconds_90d,
        {% for column in [
            'search_count', 'search_without_result_count', 'product_view_count',
            'add_to_cart_count', 'error_count',
        ] %}
            cast(coalesce(sum(case when is_recent then {{ column }} end), 0) as bigint)
                as {{ column }}_90d,
        {% endfor %}
        count(*) as session_count
    from sessions
    group by customer_id
),

store_totals as (
    select
        customer_id,
        count(*) as store_visit_count,
        count(case when is_recent then 1 end) as store_visit_count_90d,
        {{ divide('count(case when has_purchased then 1 end)', 'count(*)') }}
            as store_visit_purchase_rate,
        {{ divide(total_seconds('duration_seconds'), 'count(duration_seconds)') }}
            as mean_store_visit_seconds,
        max(business_date) as last_store_visit_date
    from store_visits
    group by customer_id
),

products_looked_at as (
    select
        customer_id,
        product_id,
        {{ total_seconds('engaged_seconds') }} as engaged_seconds,
        row_number() over (
            partition by customer_id
            order by {{ total_seconds('engaged_seconds') }} desc, count(*) desc, product_id asc
        ) as attention_rank
    from product_views
    group by customer_id, product_id
),

categories_looked_at as (
    select
        customer_id,
        product_category,
        row_number() over (
            partition by customer_id
            order by
                {{ total_seconds('engaged_seconds') }} desc, count(*) desc, product_category asc
        ) as attention_rank
    from product_views
    where product_category is not null
    group by customer_id, product_category
),

product_interests as (
    select
        products_looked_at.customer_id,
        count(*) as viewed_product_count_90d,
        {{ total_seconds('products_looked_at.engaged_seconds') }} as product_seconds_90d,
        max(case when products_looked_at.attention_rank = 1 then products_looked_at.product_id end)
            as most_viewed_product_id_90d,
        max(categories_looked_at.product_category) as most_viewed_category_90d
    from products_looked_at
    left join categories_looked_at
        on
            products_looked_at.customer_id = categories_looked_at.customer_id
            and categories_looked_at.attention_rank = 1
    group by products_looked_at.customer_id
),

visitors as (
    select customer_id from session_totals
    union
    select customer_id from store_totals
),

summarised as (
    select
        visitors.customer_id,
        coalesce(web_totals.web_session_count, 0) as web_session_count,
        coalesce(web_totals.web_session_count_90d, 0) as web_session_count_90d,
        coalesce(app_totals.app_session_count, 0) as app_session_count,
        coalesce(app_totals.app_session_count_90d, 0) as app_session_count_90d,
        coalesce(app_totals.app_session_from_push_count, 0) as app_session_from_push_count,
        coalesce(store_totals.store_visit_count, 0) as store_visit_count,
        coalesce(store_totals.store_visit_count_90d, 0) as store_visit_count_90d,
        session_totals.engaged_session_rate,
        session_totals.session_conversion_rate,
        coalesce(session_totals.engaged_seconds_90d, 0) as engaged_seconds_90d,
        {% for column in [
            'search_count', 'search_without_result_count', 'product_view_count',
            'add_to_cart_count', 'error_count',
        ] %}
            coalesce(session_totals.{{ column }}_90d, 0) as {{ column }}_90d,
        {% endfor %}
        {{ frustration_score('web_totals.web_engaged_seconds') }} as frustration_score_90d,
        cast(coalesce(web_totals.rage_click_count, 0) as bigint) as rage_click_count_90d,
        store_totals.store_visit_purchase_rate,
        store_totals.mean_store_visit_seconds,
        coalesce(product_interests.viewed_product_count_90d, 0) as viewed_product_count_90d,
        coalesce(product_interests.product_seconds_90d, 0) as product_seconds_90d,
        product_interests.most_viewed_product_id_90d,
        product_interests.most_viewed_category_90d,
        usual.usual_device_class,
        usual.usual_channel_group,
        usual.usual_app_platform,
        usual.usual_visited_store_id,
        usual.usual_visit_purpose,
        web_totals.last_web_session_date,
        app_totals.last_app_session_date,
        store_totals.last_store_visit_date
    from visitors
    left join web_totals on visitors.customer_id = web_totals.customer_id
    left join app_totals on visitors.customer_id = app_totals.customer_id
    left join session_totals on visitors.customer_id = session_totals.customer_id
    left join store_totals on visitors.customer_id = store_totals.customer_id
    left join product_interests on visitors.customer_id = product_interests.customer_id
    left join usual on visitors.customer_id = usual.customer_id
)

select * from summarised
