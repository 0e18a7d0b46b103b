{# What is known of the end of a session that wanted something: how far it came, what it met. #}
{% set intents = ['add_to_cart', 'checkout_step', 'form_field'] %}
{% set detailed = intents + ['pointer_rest', 'click'] %}
with events as (
    select * from {{ ref('int_web_events_sessionised') }}
    where
        event_type in {{ text_list(detailed + ['page_view', 'app_error', 'search']) }}
        and {{ is_touched_session(ref('int_web_events_sessionised'), 'session_date') }}
),

details as (
    select
        event_id,
        cart_id,
        checkout_step,
        field_name,
        field_action,
        element
    from {{ ref('stg_web__events') }}
    where
        event_type in {{ text_list(detailed) }}
        and {{ until_as_of('business_date') }}
        and {{ is_near_touched_session(ref('int_web_events_sessionised')) }}
),

signs as (
    select * from {{ ref('abandonment_signs') }}
    where sign_type = 'element'
),

elements as (
    select
        seen.element,
        max(signs.pattern) as pattern
    from (select distinct element from details) as seen
    inner join signs on lower(seen.element) like signs.pattern
    group by seen.element
),

detailed as (
    select
        events.*,
        details.cart_id,
        case
            when events.event_type = 'add_to_cart' then 1
            else {{ checkout_step_number('details.checkout_step') }}
        end as step_number,
        details.field_name,
        details.field_action,
        elements.pattern,
        {{ last_known('events.page_view_id') }} over in_session as last_page_view_id,
        {{ last_known('details.field_name') }} over in_session as last_field_name,
        {{ last_known('details.field_action') }} over in_session as last_field_action,
        {{ last_known('elements.pattern') }} over in_session as last_pattern
    from events
    left join details on events.event_id = details.event_id
    left join elements on details.element = elements.element
    window in_session as (
        partition by events.visitor_id, events.session_started_at
        order by events.event_at, events.event_id
        rows between unbounded preceding and unbounded following
    )
),

measured as (
    select
        {{ session_id('web', 'visitor_id', 'session_started_at') }} as session_id,
        visitor_id,
        min(cart_id) as cart_id,
        coalesce(max(step_number), 0) as step_number,
        max(last_field_name) as last_field_name,
        max(last_field_action) as last_field_action,
        count(
            case
                when
                    field_action = 'error'
                    and field_name = last_field_name
                    and page_view_id = last_page_view_id
                    then 1
            end
        ) as refused_count,
        count(case when event_type = 'app_error' and page_view_id = last_page_view_id then 1 end)
            as error_count,
        count(case when event_type = 'search' and search_result_count = 0 then 1 end)
            as search_without_result_count,
        max(last_pattern) as pointed_at,
        session_date as business_date,
        session_started_at,
        min(case when event_type in {{ text_list(intents) }} then event_at end) as started_at,
        max(case when event_type in {{ text_list(intents) }} then event_at end) as ended_at
    from detailed
    group by visitor_id, session_started_at, session_date
    having count(case when event_type in {{ text_list(intents) }} then 1 end) > 0
)

select * from measured
