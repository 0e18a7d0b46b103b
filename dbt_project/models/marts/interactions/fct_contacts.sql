{% set closed_until = add_days(as_of_date(), -var('issue_gap_days')) %}
{# Contacts of a customer on one reason, and on any. #}
{% set issues = {
    '': 'customer_id, reason, is_in_issue',
    'any_': 'customer_id, is_in_any_issue',
} %}
with touches as (
    select
        numbered.contact_id,
        numbered.contact_ticket_id,
        numbered.queue,
        numbered.root_cause,
        numbered.wait_seconds,
        numbered.transfer_count,
        numbered.handle_seconds,
        numbered.is_stated_resolved,
        interactions.*
    from {{ ref('int_contact_touches_numbered') }} as numbered
    inner join {{ ref('fct_interactions') }} as interactions
        on numbered.interaction_id = interactions.interaction_id
),

grouped as (
    select
        contact_id,
        max(contract) as contract,
        max(conversation_key) as conversation_key,
        min(event_at) as started_at,
        min(business_date) as business_date,
        max(channel_id) as channel_id,
        max(brand_id) as brand_id,
        min_by(customer_id, event_at) filter (where customer_id is not null) as customer_id,
        min_by(reason, event_at) filter (where reason is not null) as reason,
        min_by(contact_ticket_id, event_at) filter (where contact_ticket_id is not null)
            as ticket_id,
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
        {{ total_seconds('handle_seconds') }} as handle_seconds,
        min_by(is_stated_resolved, event_at) filter (where is_stated_resolved is not null)
            as is_stated_resolved
    from touches
    group by contact_id
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
        grouped.is_stated_resolved,
        grouped.business_date,
        grouped.started_at,
        grouped.is_handled and grouped.customer_id is not null as is_in_any_issue,
        grouped.is_handled
        and grouped.customer_id is not null
        and coalesce(grouped.reason, tickets.reason) is not null as is_in_issue
    from grouped
    left join {{ ref('stg_tickets__tickets') }} as tickets on grouped.ticket_id = tickets.ticket_id
),

compared as (
    select
        {% for prefix, whose in issues.items() %}
            coalesce(
                {{ seconds_between(
                    'lag(started_at) over (partition by ' ~ whose
                    ~ ' order by started_at, contact_id)', 'started_at'
                ) }} <= 86400 * {{ var('issue_gap_days') }}, false
            ) as is_{{ prefix }}repeat,
        {% endfor %}
        *
    from explained
),

issues as (
    select
        {% for prefix, whose in issues.items() %}
            sum(case when is_{{ prefix }}repeat then 0 else 1 end) over (
                partition by {{ whose }} order by started_at asc, contact_id asc
                rows between unbounded preceding and current row
            ) as {{ prefix }}issue_number,
        {% endfor %}
        *
    from compared
),

counted as (
    select
        {% for prefix, whose in issues.items() %}
            {% set issue = '(partition by ' ~ whose ~ ', ' ~ prefix ~ 'issue_number)' %}
            count(*) over {{ issue }} as {{ prefix }}issue_contact_count,
            max(business_date) over {{ issue }} <= {{ closed_until }}
                as is_{{ prefix }}issue_closed,
        {% endfor %}
        first_value(contact_id) over (
            partition by {{ issues[''] }}, issue_number order by started_at asc, contact_id asc
        ) as issue_id,
        *
    from issues
),

asking as (
    select
        contact_id,
        customer_id,
        case
            when coalesce(reason, 'unknown') in {{ text_list(var('vague_reasons')) }} then 'any'
            else reason
        end as reason,
        started_at
    from counted
),

addressed as (
    {{ with_audiences('asking') }}
),

{# Of several events, the one of the kind that most surely makes people come for this reason. #}
triggered as (
    select
        addressed.contact_id,
        triggers.trigger_type,
        triggers.trigger_detail,
        triggers.trigger_key,
        triggers.happened_at,
        lifts.lift,
        lifts.cautious_lift,
        row_number() over (
            partition by addressed.contact_id
            order by lifts.cautious_lift desc, triggers.happened_at desc, triggers.trigger_key asc
        ) as trigger_rank
    from addressed
    inner join {{ ref('int_contact_triggers_unioned') }} as triggers
        on
            addressed.audience_key = triggers.audience_key
            and addressed.started_at >= triggers.seen_at
            and addressed.started_at <= triggers.forgotten_at
    inner join {{ ref('metrics_contact_triggers') }} as lifts
        on
            triggers.trigger_type = lifts.trigger_type
            and triggers.trigger_detail = lifts.trigger_detail
            and addressed.reason = lifts.reason
    where lifts.is_likely
),

contacts as (
    select
        counted.contact_id,
        counted.contract,
        counted.conversation_key,
        counted.customer_id,
        counted.brand_id,
        counted.channel_id,
        counted.queue,
        counted.ticket_id,
        counted.reason,
        counted.root_cause,
        triggers.trigger_type,
        triggers.trigger_detail,
        triggers.trigger_key,
        triggers.lift as trigger_lift,
        1 - 1 / triggers.cautious_lift as trigger_probability,
        counted.event_count,
        counted.transfer_count,
        counted.call_back_count,
        counted.wait_seconds,
        counted.handle_seconds,
        counted.is_handled,
        counted.is_in_issue and counted.is_repeat as is_repeat,
        case when counted.is_in_issue then counted.issue_id end as issue_id,
        case when counted.is_in_issue then counted.issue_contact_count end as issue_contact_count,
        case
            when counted.is_in_issue and not counted.is_repeat and counted.is_issue_closed
                then counted.issue_contact_count = 1
        end as is_resolved_at_first_contact,
        case
            when
                counted.is_in_any_issue
                and not counted.is_any_repeat
                and counted.is_any_issue_closed
                then counted.any_issue_contact_count = 1
        end as is_resolved_for_any_reason,
        counted.is_stated_resolved,
        counted.business_date,
        counted.started_at,
        triggers.happened_at as trigger_at
    from counted
    left join triggered as triggers
        on counted.contact_id = triggers.contact_id and triggers.trigger_rank = 1
)

select * from contacts
