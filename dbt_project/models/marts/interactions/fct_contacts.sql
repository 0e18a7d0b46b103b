with touches as (
    select
        *,
        max(case when direction = 'inbound' then event_at end) over earlier as last_asked_at,
        max(case when direction = 'outbound' then event_at end) over earlier as last_answered_at
    from {{ ref('fct_interactions') }}
    where interaction_type in ('call', 'chat', 'email', 'message') and conversation_key is not null
    window earlier as (
        partition by contract, conversation_key order by event_at asc, interaction_id asc
        rows between unbounded preceding and 1 preceding
    )
),

{# Who comes back in the same thread, long after an answer, has come again. #}
opened as (
    select
        *,
        direction = 'inbound'
        and (
            last_asked_at is null
            or (
                last_answered_at > last_asked_at
                and event_at > {{ add_hours('last_answered_at', var('contact_gap_hours')) }}
            )
        ) as is_opening
    from touches
),

numbered as (
    select
        *,
        sum(case when is_opening then 1 else 0 end) over (
            partition by contract, conversation_key order by event_at asc, interaction_id asc
            rows between unbounded preceding and current row
        ) as number_in_conversation
    from opened
),

calls as (
    select
        call_id,
        queue,
        root_cause,
        wait_seconds,
        transfer_count,
        case
            when not is_abandoned
                then
                    coalesce(talk_seconds, 0) + coalesce(hold_seconds, 0)
                    + coalesce(wrap_seconds, 0)
        end as handle_seconds
    from {{ ref('stg_calls__calls') }}
),

joined as (
    select
        numbered.*,
        calls.queue,
        calls.root_cause,
        calls.wait_seconds,
        calls.transfer_count,
        calls.handle_seconds
    from numbered
    left join calls on numbered.source_key = calls.call_id and numbered.contract = 'calls/calls'
    where numbered.number_in_conversation > 0
),

grouped as (
    select
        contract,
        conversation_key,
        number_in_conversation,
        min(case when is_opening then interaction_id end) as contact_id,
        min(event_at) as started_at,
        min(business_date) as business_date,
        max(channel_id) as channel_id,
        max(brand_id) as brand_id,
        min_by(customer_id, event_at) filter (where customer_id is not null) as customer_id,
        min_by(reason, event_at) filter (where reason is not null) as reason,
        min_by(ticket_id, event_at) filter (where ticket_id is not null) as ticket_id,
        min_by(queue, event_at) filter (where queue is not null) as queue,
        min_by(root_cause, event_at) filter (where root_cause is not null) as root_cause,
        count(*) as event_count,
        bool_or(
            case
                when interaction_type in ('call', 'chat')
                    then coalesce(outcome <> 'abandoned', true) and direction = 'inbound'
                else direction = 'outbound'
            end
        ) as is_handled,
        count(
            case when interaction_type = 'call' and direction = 'outbound' then 1 end
        ) as call_back_count,
        cast(
            greatest(
                count(case when interaction_type = 'call' and direction = 'inbound' then 1 end) - 1,
                coalesce(sum(transfer_count), 0)
            ) as bigint
        ) as transfer_count,
        min_by(wait_seconds, event_at) filter (where wait_seconds is not null) as wait_seconds,
        {{ total_seconds('handle_seconds') }} as handle_seconds
    from joined
    group by contract, conversation_key, number_in_conversation
),

explained as (
    select
        grouped.contact_id,
        grouped.contract,
        grouped.conversation_key,
        grouped.customer_id,
        grouped.brand_id,
        grouped.channel_id,
        grouped.queue,
        grouped.ticket_id,
        coalesce(grouped.reason, tickets.reason) as reason,
        coalesce(grouped.root_cause, tickets.root_cause) as root_cause,
        grouped.event_count,
        grouped.transfer_count,
        grouped.call_back_count,
        cast(grouped.wait_seconds as double) as wait_seconds,
        cast(grouped.handle_seconds as double) as handle_seconds,
        grouped.is_handled,
        grouped.business_date,
        grouped.started_at,
        grouped.is_handled
        and grouped.customer_id is not null
        and coalesce(grouped.reason, tickets.reason) is not null as is_in_issue
    from grouped
    left join {{ ref('stg_tickets__tickets') }} as tickets on grouped.ticket_id = tickets.ticket_id
),

compared as (
    select
        *,
        coalesce(
            {{ seconds_between(
                'lag(started_at) over (partition by customer_id, reason, is_in_issue'
                ~ ' order by started_at, contact_id)', 'started_at'
            ) }} <= 86400 * {{ var('issue_gap_days') }}, false
        ) as is_repeat
    from explained
),

issues as (
    select
        *,
        sum(case when is_repeat then 0 else 1 end) over (
            partition by customer_id, reason, is_in_issue order by started_at asc, contact_id asc
            rows between unbounded preceding and current row
        ) as issue_number
    from compared
),

counted as (
    select
        *,
        first_value(contact_id) over (
            partition by customer_id, reason, is_in_issue, issue_number
            order by started_at asc, contact_id asc
        ) as issue_id,
        count(*) over issue as issue_contact_count,
        max(business_date) over issue as last_date
    from issues
    window issue as (partition by customer_id, reason, is_in_issue, issue_number)
),

contacts as (
    select
        contact_id,
        contract,
        conversation_key,
        customer_id,
        brand_id,
        channel_id,
        queue,
        ticket_id,
        reason,
        root_cause,
        event_count,
        transfer_count,
        call_back_count,
        wait_seconds,
        handle_seconds,
        is_handled,
        is_in_issue and is_repeat as is_repeat,
        case when is_in_issue then issue_id end as issue_id,
        case when is_in_issue then issue_contact_count end as issue_contact_count,
        case
            when
                is_in_issue
                and not is_repeat
                and {{ add_days('last_date', var('issue_gap_days')) }} <= {{ as_of_date() }}
                then issue_contact_count = 1
        end as is_resolved_at_first_contact,
        business_date,
        started_at
    from counted
)

select * from contacts
