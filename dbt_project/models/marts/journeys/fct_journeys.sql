{# Journeys are declared (docs/funnels.md); those of a company come as the variable `journeys`. #}
with touches as (
    select
        interactions.interaction_id,
        interactions.customer_id,
        interactions.interaction_type as event,
        interactions.channel_id,
        interactions.device,
        interactions.brand_id,
        interactions.store_id,
        interactions.campaign_id,
        interactions.product_id,
        interactions.page,
        interactions.reason,
        interactions.outcome,
        cast(null as string) as page_type,
        cast(null as string) as channel_group,
        interactions.details,
        channels.medium,
        case when interactions.interaction_type = 'order' then interactions.amount_reporting end
            as order_amount,
        interactions.event_at
    from {{ ref('fct_interactions') }} as interactions
    left join {{ ref('dim_channels') }} as channels
        on interactions.channel_id = channels.channel_id
    where interactions.customer_id is not null
),

declared as (
    {{ declared_stages() }}
),

hits as (
    {{ journey_hits() }}
),

compared as (
    select
        hits.*,
        declared.longest_gap_days,
        lag(hits.event_at) over in_order as previous_at,
        lag(hits.is_end) over in_order as is_after_end
    from hits
    inner join declared
        on
            hits.journey_name = declared.journey_name
            and hits.stage_number = declared.stage_number
    window in_order as (
        partition by hits.journey_name, hits.customer_id
        order by hits.event_at, hits.stage_number, hits.interaction_id
    )
),

chained as (
    select
        *,
        max(
            case
                when
                    previous_at is null
                    or is_after_end
                    or event_at > {{ add_hours('previous_at', 'longest_gap_days * 24') }}
                    then event_at
            end
        ) over (
            partition by journey_name, customer_id order by event_at, stage_number, interaction_id
            rows between unbounded preceding and current row
        ) as chain_started_at
    from compared
),

begun as (
    select
        *,
        min(case when stage_number = 1 then event_at end) over (
            partition by journey_name, customer_id, chain_started_at
        ) as started_at
    from chained
),

{# What comes before the start is of no journey. #}
stages as (
    select
        journey_name,
        customer_id,
        started_at,
        stage_number,
        min(longest_gap_days) as longest_gap_days,
        min(event_at) as reached_at,
        max(event_at) as last_at,
        bool_or(is_end) as is_end
    from begun
    where event_at >= started_at
    group by journey_name, customer_id, started_at, stage_number
),

ordered as (
    select
        *,
        lag(reached_at) over in_journey as previous_reached_at,
        lead(reached_at) over in_journey as next_reached_at,
        max(last_at) over whole_journey as journey_ended_at,
        max(stage_number) over whole_journey as deepest_stage_number,
        bool_or(is_end) over whole_journey as is_completed
    from stages
    window
        in_journey as (
            partition by journey_name, customer_id, started_at order by reached_at, stage_number
        ),
        whole_journey as (partition by journey_name, customer_id, started_at)
),

switched as (
    select
        interaction_id,
        customer_id,
        order_amount,
        event_at,
        coalesce(
            medium <> lag(medium) over (
                partition by customer_id order by event_at, interaction_id
            ),
            false
        ) as is_switch
    from touches
    where medium in ('digital', 'physical') or order_amount is not null
),

{# A touch is of the stage that was reached last; what happens at the end is of the last one. #}
switches as (
    select
        ordered.journey_name,
        ordered.customer_id,
        ordered.started_at,
        ordered.stage_number,
        count(case when switched.is_switch and switched.event_at > ordered.started_at then 1 end)
            as switch_count,
        sum(switched.order_amount) as order_amount
    from ordered
    inner join switched
        on
            ordered.customer_id = switched.customer_id
            and ordered.reached_at <= switched.event_at
            and ordered.journey_ended_at >= switched.event_at
            and (ordered.next_reached_at is null or ordered.next_reached_at > switched.event_at)
    group by
        ordered.journey_name, ordered.customer_id, ordered.started_at, ordered.stage_number
),

contacts as (
    select
        ordered.journey_name,
        ordered.customer_id,
        ordered.started_at,
        ordered.stage_number,
        count(*) as contact_count
    from ordered
    inner join {{ ref('fct_contacts') }} as contacts
        on
            ordered.customer_id = contacts.customer_id
            and ordered.reached_at <= contacts.started_at
            and ordered.journey_ended_at >= contacts.started_at
            and (ordered.next_reached_at is null or ordered.next_reached_at > contacts.started_at)
    group by
        ordered.journey_name, ordered.customer_id, ordered.started_at, ordered.stage_number
),

facts as (
    select
        ordered.journey_name || ':' || ordered.customer_id || ':'
        || cast({{ epoch_milliseconds('ordered.started_at') }} as string) as journey_id,
        ordered.journey_name,
        ordered.customer_id,
        declared.stage_name,
        cast(ordered.stage_number as bigint) as stage_number,
        {{ seconds_between('ordered.previous_reached_at', 'ordered.reached_at') }}
            as waiting_seconds,
        coalesce(switches.switch_count, 0) as switch_count,
        coalesce(contacts.contact_count, 0) as contact_count,
        {{ as_amount('coalesce(contacts.contact_count, 0) * declared.contact_cost') }}
            as cost_amount,
        {{ as_amount(
            'sum(switches.order_amount) over (partition by ordered.journey_name,'
            ~ ' ordered.customer_id, ordered.started_at)'
        ) }} as order_amount,
        '{{ var("reporting_currency") }}' as currency,
        ordered.is_completed,
        not ordered.is_completed
        and {{ business_date(
            add_hours('ordered.journey_ended_at', 'ordered.longest_gap_days * 24')
        ) }} > {{ as_of_date() }} as is_open,
        not ordered.is_completed
        and {{ business_date(
            add_hours('ordered.journey_ended_at', 'ordered.longest_gap_days * 24')
        ) }} <= {{ as_of_date() }}
        and ordered.stage_number = ordered.deepest_stage_number as is_dropped,
        {{ business_date('ordered.started_at') }} as business_date,
        ordered.started_at,
        ordered.reached_at,
        ordered.journey_ended_at as ended_at
    from ordered
    inner join declared
        on
            ordered.journey_name = declared.journey_name
            and ordered.stage_number = declared.stage_number
    left join switches
        on
            ordered.journey_name = switches.journey_name
            and ordered.customer_id = switches.customer_id
            and ordered.started_at = switches.started_at
            and ordered.stage_number = switches.stage_number
    left join contacts
        on
            ordered.journey_name = contacts.journey_name
            and ordered.customer_id = contacts.customer_id
            and ordered.started_at = contacts.started_at
            and ordered.stage_number = contacts.stage_number
)

select * from facts
