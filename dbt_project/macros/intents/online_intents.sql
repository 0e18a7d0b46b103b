{#
    Common table expressions of what was wanted online, on the website and in the app:
    `online_intents` is one row per cart, checkout or form.
#}
{% macro online_intents() %}
web_sessions as (
    select
        'web/events' as contract,
        sessions.session_id,
        intents.cart_id,
        sessions.visitor_key,
        sessions.customer_id,
        coalesce(sessions.customer_id, sessions.anonymous_visitor_key) as person_key,
        sessions.brand_id,
        intents.step_number,
        intents.last_field_name as form_field,
        intents.last_field_action,
        case when intents.refused_count >= 2 then lower(intents.last_field_name) end as refused_at,
        case when intents.error_count > 0 then 'error' end as failed_with,
        intents.search_without_result_count,
        intents.pointed_at,
        sessions.order_count,
        intents.started_at,
        intents.ended_at,
        sessions.ended_at as session_ended_at
    from {{ ref('int_web_intents_measured') }} as intents
    inner join {{ ref('fct_web_sessions') }} as sessions on intents.session_id = sessions.session_id
    where not sessions.is_bot and not sessions.is_internal
),

app_intents as (
    select
        {{ session_id('app', 'device_id', 'session_started_at') }} as session_id,
        min(cart_id) as cart_id,
        max(
            case
                when event_type = 'add_to_cart' then 1
                else {{ checkout_step_number('checkout_step') }}
            end
        ) as step_number,
        max(case when event_type = 'error' then event_at end) as failed_at,
        max(case when event_type = 'error' then lower(coalesce(error_code, 'error')) end)
            as failed_with,
        max(case when event_type = 'screen_view' then event_at end) as viewed_at,
        min(case when event_type in ('add_to_cart', 'checkout_step') then event_at end)
            as started_at,
        max(case when event_type in ('add_to_cart', 'checkout_step') then event_at end)
            as ended_at
    from {{ ref('int_app_events_sessionised') }}
    group by device_id, session_started_at
    having count(case when event_type in ('add_to_cart', 'checkout_step') then 1 end) > 0
),

app_sessions as (
    select
        'app/events' as contract,
        sessions.session_id,
        intents.cart_id,
        sessions.visitor_key,
        sessions.customer_id,
        coalesce(sessions.customer_id, sessions.anonymous_visitor_key) as person_key,
        sessions.brand_id,
        intents.step_number,
        cast(null as string) as form_field,
        cast(null as string) as last_field_action,
        cast(null as string) as refused_at,
        case when intents.failed_at >= intents.viewed_at then intents.failed_with end
            as failed_with,
        cast(0 as bigint) as search_without_result_count,
        cast(null as string) as pointed_at,
        sessions.order_count,
        intents.started_at,
        intents.ended_at,
        sessions.ended_at as session_ended_at
    from app_intents as intents
    inner join {{ ref('fct_app_sessions') }} as sessions on intents.session_id = sessions.session_id
    where not sessions.is_internal
),

online as (
    select * from web_sessions
    union all
    select * from app_sessions
),

compared as (
    select
        *,
        coalesce(contract || ':' || cart_id, session_id) as cart_key,
        lag(ended_at) over in_cart as last_ended_at,
        lag(order_count) over in_cart as last_order_count
    from online
    window in_cart as (
        partition by coalesce(contract || ':' || cart_id, session_id)
        order by started_at, session_id
    )
),

{# A cart that is filled again after an order, or after a day, is another intent. #}
chained as (
    select
        *,
        max(
            case
                when
                    last_ended_at is null
                    or last_order_count > 0
                    or started_at
                    > {{ add_hours('last_ended_at', var('abandonment_hours')) }}
                    then started_at
            end
        ) over (
            partition by cart_key order by started_at, session_id
            rows between unbounded preceding and current row
        ) as intent_started_at
    from compared
),

ranked as (
    select
        *,
        row_number() over (
            partition by cart_key, intent_started_at order by started_at desc, session_id desc
        ) as number_from_end,
        min(session_id) over (partition by cart_key, intent_started_at) as intent_id,
        max(step_number) over (partition by cart_key, intent_started_at) as deepest_step_number,
        max(order_count) over (partition by cart_key, intent_started_at) as most_orders,
        max(search_without_result_count) over (partition by cart_key, intent_started_at)
            as most_vain_searches
    from chained
),

products as (
    select
        products.product_id,
        {{ to_reporting(
            'products.list_price_amount',
            "case when products.currency = '" ~ var('reporting_currency') ~ "' then 1 else rates.exchange_rate end"
        ) }} as price_amount
    from {{ ref('dim_products') }} as products
    left join {{ ref('int_exchange_rates_filled') }} as rates
        on products.currency = rates.currency and rates.business_date = {{ as_of_date() }}
),

{# What is taken out after the last step is in no basket. #}
baskets as (
    select
        ranked.intent_id,
        {{ as_amount(
            "greatest(sum(case when touches.interaction_type = 'add_to_cart' then products.price_amount"
            ~ " else -products.price_amount end), 0)"
        ) }} as basket_amount
    from ranked
    inner join {{ ref('fct_interactions') }} as touches
        on
            ranked.visitor_key = touches.visitor_key
            and ranked.contract = touches.contract
            and touches.event_at between ranked.started_at and ranked.session_ended_at
    inner join products on touches.product_id = products.product_id
    where touches.interaction_type in ('add_to_cart', 'remove_from_cart')
    group by ranked.intent_id
),

online_intents as (
    select
        ranked.intent_id,
        case
            when ranked.deepest_step_number > 1 then 'checkout'
            when ranked.deepest_step_number = 1 then 'cart'
            else 'form'
        end as intent_type,
        ranked.contract,
        ranked.customer_id,
        ranked.person_key,
        ranked.brand_id,
        cast(null as string) as store_id,
        coalesce({{ checkout_step_name('ranked.deepest_step_number') }}, 'form') as deepest_step,
        ranked.deepest_step_number,
        ranked.form_field,
        cast(null as string) as stated_reason,
        cast(null as string) as reason_source,
        ranked.refused_at,
        ranked.failed_with,
        ranked.pointed_at,
        ranked.most_vain_searches > 0 as has_searched_in_vain,
        ranked.most_orders > 0 as is_done,
        baskets.basket_amount,
        ranked.intent_started_at as started_at,
        ranked.ended_at
    from ranked
    left join baskets on ranked.intent_id = baskets.intent_id
    where
        ranked.number_from_end = 1
        and (ranked.deepest_step_number > 0 or ranked.last_field_action in ('focus', 'error'))
)
{% endmacro %}
