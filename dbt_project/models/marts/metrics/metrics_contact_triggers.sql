{# Null in a detail or a reason is a value of its own here, so that rows can be joined by it. #}
with touches as (
    select
        numbered.contact_id,
        interactions.customer_id,
        interactions.reason,
        numbered.contact_ticket_id as ticket_id,
        interactions.event_at
    from {{ ref('int_contact_touches_numbered') }} as numbered
    inner join {{ ref('fct_interactions') }} as interactions
        on numbered.interaction_id = interactions.interaction_id
),

opened as (
    select
        contact_id,
        min(event_at) as started_at,
        min_by(customer_id, event_at) filter (where customer_id is not null) as customer_id,
        min_by(reason, event_at) filter (where reason is not null) as reason,
        min_by(ticket_id, event_at) filter (where ticket_id is not null) as ticket_id
    from touches
    group by contact_id
),

explained as (
    select
        opened.contact_id,
        opened.customer_id,
        opened.started_at,
        coalesce(opened.reason, tickets.reason, 'unknown') as reason
    from opened
    left join {{ ref('stg_tickets__tickets') }} as tickets on opened.ticket_id = tickets.ticket_id
    where opened.customer_id is not null
),

contacts as (
    select * from explained
    union all
    select
        contact_id,
        customer_id,
        started_at,
        'any' as reason
    from explained
),

{# A customer can only be met by anything between the first touch and the last. #}
lives as (
    select
        customer_id,
        min(event_at) as first_at,
        max(event_at) as last_at
    from {{ ref('fct_interactions') }}
    where customer_id is not null
    group by customer_id
),

triggers as (
    select
        audience_key,
        trigger_type,
        trigger_detail,
        seen_at,
        forgotten_at
    from {{ ref('int_contact_triggers_unioned') }}
),

{{ shared_exposures('triggers', 'lives') }},

lived_triggers as (
    select
        triggers.audience_key,
        triggers.trigger_type,
        triggers.trigger_detail,
        greatest(triggers.seen_at, lives.first_at) as from_at,
        least(triggers.forgotten_at, lives.last_at) as to_at
    from triggers
    inner join lives on triggers.audience_key = {{ customer_audience('lives.customer_id') }}
),

{# Where the days of two events overlap, they count once. #}
freed as (
    select
        *,
        greatest(from_at, coalesce(max(to_at) over (
            partition by audience_key, trigger_type, trigger_detail order by from_at, to_at
            rows between unbounded preceding and 1 preceding
        ), from_at)) as free_at
    from lived_triggers
),

exposures as (
    select
        trigger_type,
        trigger_detail,
        {{ total_seconds(
            'case when to_at > free_at then ' ~ seconds_between('free_at', 'to_at') ~ ' else 0 end'
        ) }} as exposed_seconds
    from freed
    group by trigger_type, trigger_detail
    union all
    select * from shared_exposures
),

base_rates as (
    select
        trigger_type,
        trigger_detail,
        {{ divide(
            'sum(exposed_seconds)',
            '(select ' ~ total_seconds(seconds_between('first_at', 'last_at')) ~ ' from lives)'
        ) }} as base_rate
    from exposures
    group by trigger_type, trigger_detail
),

reasons as (
    select
        reason,
        count(*) as contact_count
    from contacts
    group by reason
),

addressed as (
    {{ with_audiences('contacts') }}
),

preceded as (
    select
        triggers.trigger_type,
        triggers.trigger_detail,
        addressed.reason,
        count(distinct addressed.contact_id) as preceded_contact_count
    from addressed
    inner join triggers
        on
            addressed.audience_key = triggers.audience_key
            and addressed.started_at >= triggers.seen_at
            and addressed.started_at <= triggers.forgotten_at
    group by triggers.trigger_type, triggers.trigger_detail, addressed.reason
),

expected as (
    select
        preceded.*,
        reasons.contact_count,
        base_rates.base_rate,
        reasons.contact_count * base_rates.base_rate as expected_contact_count
    from preceded
    inner join reasons on preceded.reason = reasons.reason
    inner join base_rates
        on
            preceded.trigger_type = base_rates.trigger_type
            and preceded.trigger_detail = base_rates.trigger_detail
),

lifts as (
    select
        trigger_type,
        trigger_detail,
        reason,
        contact_count,
        preceded_contact_count,
        expected_contact_count,
        {{ divide('preceded_contact_count', 'contact_count') }} as preceded_rate,
        base_rate,
        {{ divide('preceded_contact_count', 'expected_contact_count') }} as lift,
        {{ divide(
            'preceded_contact_count + ' ~ var('trigger_prior_contacts'),
            'expected_contact_count + ' ~ var('trigger_prior_contacts')
        ) }} as cautious_lift
    from expected
),

judged as (
    select
        *,
        cautious_lift >= {{ var('trigger_least_lift') }} as is_likely
    from lifts
)

select * from judged
