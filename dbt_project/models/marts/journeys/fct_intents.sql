{# Whatever a person wanted of the company, wherever, and whether it came to its end. #}
with {{ online_intents() }},

unioned as (
    select * from online_intents
    union all
    {# An unknown person at a terminal may have paid at the till, unseen. #}
    select
        store_visit_id as intent_id,
        'store_visit' as intent_type,
        'footfall/store_visits' as contract,
        customer_id,
        coalesce(customer_id, store_visit_id) as person_key,
        '{{ var("default_brand") }}' as brand_id,
        store_id,
        case when kiosk_event_count > 0 then 'terminal' else 'store' end as deepest_step,
        case when kiosk_event_count > 0 then 2 else 1 end as deepest_step_number,
        cast(null as string) as form_field,
        abandonment_reason as stated_reason,
        reason_source,
        cast(null as string) as refused_at,
        cast(null as string) as failed_with,
        cast(null as string) as pointed_at,
        kiosk_search_count > 0 as has_searched_in_vain,
        has_purchased as is_done,
        cast(null as decimal(18, 4)) as basket_amount,
        entered_at as started_at,
        left_at as ended_at
    from {{ ref('fct_store_visits') }}
    where
        has_purchased
        or abandonment_reason is not null
        or (record_count > 0 and coalesce(purpose not in ('collect', 'return'), true))
        or (record_count = 0 and receipt_count = 0 and customer_id is not null)
    union all
    select
        contact_id as intent_id,
        'contact' as intent_type,
        contract,
        customer_id,
        coalesce(customer_id, contact_id) as person_key,
        brand_id,
        cast(null as string) as store_id,
        case when is_handled then 'answer' else 'queue' end as deepest_step,
        case when is_handled then 2 else 1 end as deepest_step_number,
        cast(null as string) as form_field,
        cast(null as string) as stated_reason,
        cast(null as string) as reason_source,
        cast(null as string) as refused_at,
        cast(null as string) as failed_with,
        cast(null as string) as pointed_at,
        false as has_searched_in_vain,
        is_handled as is_done,
        cast(null as decimal(18, 4)) as basket_amount,
        started_at,
        {{ add_seconds('started_at', 'cast(coalesce(wait_seconds, 0) as integer)') }} as ended_at
    from {{ ref('fct_contacts') }}
    where contract in ('calls/calls', 'service/chats')
),

orders as (
    select * from {{ ref('fct_orders') }}
),

{{ followed_intents('unioned') }},

intents as (
    select
        unioned.intent_id,
        unioned.customer_id,
        case when unioned.customer_id is null then unioned.person_key end as anonymous_key,
        unioned.brand_id,
        sources.channel_id,
        unioned.store_id,
        followed.next_order_id,
        orders.sales_method as next_order_method,
        unioned.intent_type,
        unioned.deepest_step,
        unioned.form_field,
        unioned.stated_reason,
        unioned.reason_source,
        unioned.refused_at,
        unioned.failed_with,
        unioned.pointed_at,
        followed.next_served_in,
        cast(unioned.deepest_step_number as bigint) as deepest_step_number,
        unioned.basket_amount,
        orders.net_revenue_amount_reporting as next_order_amount,
        unioned.has_searched_in_vain,
        unioned.is_done
        or (
            unioned.intent_type in ('cart', 'checkout', 'form')
            and coalesce(
                followed.next_ordered_at
                <= {{ add_hours('unioned.ended_at', var('abandonment_hours')) }},
                false
            )
        ) as is_done,
        coalesce(
            followed.next_ordered_at
            <= {{ add_hours('unioned.ended_at', var('abandonment_hours')) }},
            false
        ) as is_followed_by_order,
        {{ business_date('unioned.ended_at') }} as business_date,
        unioned.started_at,
        unioned.ended_at,
        followed.next_ordered_at,
        followed.next_served_at
    from unioned
    inner join followed on unioned.intent_id = followed.intent_id
    inner join {{ ref('stg_quality__sources') }} as sources on unioned.contract = sources.contract
    left join orders on followed.next_order_id = orders.order_id
)

select * from intents
