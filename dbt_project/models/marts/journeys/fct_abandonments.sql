with intents as (
    select * from {{ ref('fct_intents') }}
),

orders as (
    select * from {{ ref('fct_orders') }}
),

doors as (
    select * from {{ ref('stg_footfall__door_counts') }}
    where group_size > 0 and {{ until_as_of('business_date') }}
),

{# Of those who came at least as far, the share that bought. #}
steps as (
    select
        channel_id,
        deepest_step_number,
        sum(count(*)) over further as intent_count,
        sum(count(case when is_followed_by_order then 1 end)) over further as bought_count
    from intents
    where intent_type <> 'contact' or is_done
    group by channel_id, deepest_step_number
    window further as (
        partition by channel_id order by deepest_step_number desc
        rows between unbounded preceding and current row
    )
),

{# People who only look leave no trace in a store but at its doors. #}
visitors as (
    select sum({{ as_rate("entry_count / group_size") }}) as visit_count from doors
),

receipts as (
    select count(*) as receipt_count from orders
    where
        store_id is not null
        and is_valid
        and business_date >= (select min(doors.business_date) from doors)
),

typical as (
    select
        {{ percentile('net_revenue_amount_reporting', 0.5) }} as order_amount,
        {{ divide('sum(net_revenue_amount_reporting)', 'sum(gross_amount_reporting)') }}
            as net_share
    from orders
    where is_valid and net_revenue_amount_reporting > 0
),

failed as (
    select * from intents
    where
        not is_done
        and (
            intent_type in ('store_visit', 'contact')
            or {{ until_as_of(
                business_date(add_hours('ended_at', var('abandonment_hours')))
            ) }}
        )
),

{{ abandonment_reasons('failed') }},

valued as (
    select
        failed.*,
        coalesce(failed.stated_reason, judged.reason, 'unknown') as reason,
        case
            when failed.stated_reason is not null
                then case failed.reason_source when 'customer' then 'stated' else 'employee' end
            when judged.sign_type = 'contact' then 'agent'
            else 'inferred'
        end as source_of_reason,
        case
            when failed.stated_reason is not null
                then
                    case failed.reason_source
                        when 'customer' then {{ var('recorded_reason_confidence')['customer'] }}
                        else {{ var('recorded_reason_confidence')['employee'] }}
                    end
            else coalesce(judged.confidence, 0)
        end as reason_confidence,
        judged.sign_type,
        coalesce(
            case
                when failed.intent_type = 'store_visit' and visitors.visit_count > 0
                    then least({{ divide('receipts.receipt_count', 'visitors.visit_count') }}, 1)
            end,
            {{ divide('steps.bought_count', 'steps.intent_count') }}
        ) as purchase_probability,
        coalesce(failed.basket_amount * typical.net_share, typical.order_amount) as expected_amount,
        case
            when
                failed.next_ordered_at
                <= {{ add_hours('failed.ended_at', var('recovery_days') * 24) }}
                then failed.next_ordered_at
        end as reordered_at,
        case
            when
                failed.intent_type = 'contact'
                and failed.next_served_at
                <= {{ add_hours('failed.ended_at', var('recovery_days') * 24) }}
                then failed.next_served_at
        end as served_at
    from failed
    cross join typical
    cross join visitors
    cross join receipts
    left join judged on failed.intent_id = judged.intent_id and judged.sign_rank = 1
    left join steps
        on
            failed.channel_id = steps.channel_id
            and case when failed.intent_type = 'contact' then 2 else failed.deepest_step_number end
            = steps.deepest_step_number
),

facts as (
    select
        intent_id as abandonment_id,
        customer_id,
        anonymous_key,
        brand_id,
        channel_id,
        store_id,
        intent_type,
        deepest_step,
        form_field,
        reason,
        source_of_reason as reason_source,
        case when source_of_reason = 'inferred' then sign_type end as inferred_from,
        case
            when served_at is null or reordered_at < served_at
                then case when reordered_at is not null then next_order_method end
            else next_served_in
        end as recovered_channel,
        case when reordered_at is not null then next_order_id end as recovered_order_id,
        cast(reason_confidence as double) as reason_confidence,
        purchase_probability,
        basket_amount,
        {{ as_amount('round(expected_amount, 2)') }} as expected_amount,
        {{ as_amount(
            'case when coalesce(reordered_at, served_at) is null'
            ~ ' then round(expected_amount * purchase_probability, 2) else 0 end'
        ) }} as lost_amount,
        '{{ var("reporting_currency") }}' as currency,
        coalesce(reordered_at, served_at) is not null as is_recovered,
        {{ add_days('business_date', var('recovery_days')) }} > {{ as_of_date() }}
            as is_recovery_open,
        business_date,
        started_at,
        ended_at,
        case
            when served_at is null or reordered_at < served_at then reordered_at
            else served_at
        end as recovered_at
    from valued
)

select * from facts
