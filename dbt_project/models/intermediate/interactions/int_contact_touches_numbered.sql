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
        contract,
        source_key,
        first_value(interaction_id) over (
            partition by contract, conversation_key, number_in_conversation
            order by event_at asc, interaction_id asc
        ) as contact_id
    from numbered
    where number_in_conversation > 0
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
        calls.queue,
        calls.root_cause,
        calls.wait_seconds,
        calls.transfer_count,
        calls.handle_seconds,
        stated.is_resolved as is_stated_resolved
    from named
    left join calls on named.source_key = calls.call_id and named.contract = 'calls/calls'
    left join stated on named.source_key = stated.touch_id
)

select * from detailed
