with touches as (
    select
        *,
        max(case when direction = 'inbound' then event_at end) over earlier as last_asked_at,
        max(case when direction = 'outbound' then event_at end) over earlier as last_answered_at
    from {{ ref('int_interactions_resolved') }}
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

{# What the opening touch is called, the contact is called. #}
named as (
    select
        interaction_id,
        customer_id,
        contract,
        source_key,
        ticket_id,
        event_at,
        first_value(interaction_id) over (
            partition by contract, conversation_key, number_in_conversation
            order by event_at asc, interaction_id asc
        ) as contact_id
    from numbered
    where number_in_conversation > 0
),

contacts as (
    select
        contact_id,
        contract,
        min_by(customer_id, event_at) filter (where customer_id is not null) as customer_id,
        min(event_at) as started_at,
        max(event_at) as ended_at
    from named
    group by contact_id, contract
    having count(ticket_id) = 0
),

{# Messages name no ticket; the ticket names its channel, and whose it is. #}
tickets as (
    select
        contacts.contact_id,
        min_by(opened.ticket_id, opened.event_at) filter (where opened.ticket_id is not null)
            as ticket_id
    from contacts
    inner join {{ ref('stg_quality__sources') }} as sources on contacts.contract = sources.contract
    inner join {{ ref('int_interactions_resolved') }} as opened
        on
            contacts.customer_id = opened.customer_id
            and sources.channel_id = opened.channel_detail
            and contacts.started_at <= opened.event_at
            and {{ add_hours('contacts.ended_at', var('contact_ticket_hours')) }} >= opened.event_at
    where opened.interaction_type = 'ticket_opened'
    group by contacts.contact_id
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

{# What customers say when they are asked whether the matter is settled: the upper half is yes. #}
stated as (
    select
        touch_id,
        min_by(score * 2 > scale_min + scale_max, answered_at) filter (where score is not null)
            as is_resolved
    from {{ ref('stg_survey__responses') }}
    where survey_type = 'resolution' and {{ until_as_of('business_date') }}
    group by touch_id
),

detailed as (
    select
        named.interaction_id,
        named.contact_id,
        coalesce(named.ticket_id, tickets.ticket_id) as contact_ticket_id,
        calls.queue,
        calls.root_cause,
        calls.wait_seconds,
        calls.transfer_count,
        calls.handle_seconds,
        stated.is_resolved as is_stated_resolved
    from named
    left join calls on named.source_key = calls.call_id and named.contract = 'calls/calls'
    left join tickets on named.contact_id = tickets.contact_id
    left join stated on named.source_key = stated.touch_id
)

select * from detailed
