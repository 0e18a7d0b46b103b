with stages as (
    select * from {{ ref('fct_journeys') }}
),

declared as (
    {{ declared_stages() }}
),

journeys as (
    select
        journey_id,
        journey_name,
        max(stage_number) as deepest_stage_number,
        bool_or(is_completed) as is_completed,
        bool_or(is_open) as is_open,
        max(order_amount) as order_amount
    from stages
    group by journey_id, journey_name
),

{# Of the journeys that reached a stage and are over, the share that came to the end. #}
values_of_stages as (
    select
        declared.journey_name,
        declared.stage_number,
        {{ divide(
            'count(case when journeys.is_completed then 1 end)', 'count(journeys.journey_id)'
        ) }} as completion_rate
    from declared
    left join journeys
        on
            declared.journey_name = journeys.journey_name
            and declared.stage_number <= journeys.deepest_stage_number
            and not journeys.is_open
    group by declared.journey_name, declared.stage_number
),

typical as (
    select
        journey_name,
        {{ percentile('order_amount', 0.5) }} as order_amount
    from journeys
    where is_completed and order_amount is not null
    group by journey_name
),

daily as (
    select
        journey_name,
        business_date,
        stage_number,
        max(stage_name) as stage_name,
        count(*) as journey_count,
        count(case when is_dropped then 1 end) as dropped_journey_count,
        count(case when is_open then 1 end) as open_journey_count,
        {{ percentile('waiting_seconds', 0.5) }} as median_waiting_seconds,
        {{ percentile('waiting_seconds', 0.9) }} as p90_waiting_seconds,
        cast(sum(switch_count) as bigint) as switch_count,
        cast(sum(contact_count) as bigint) as contact_count,
        sum(cost_amount) as cost_amount
    from stages
    group by journey_name, business_date, stage_number
),

valued as (
    select
        daily.*,
        {{ as_amount(
            'round(daily.dropped_journey_count * coalesce(values_of_stages.completion_rate, 0)'
            ~ ' * typical.order_amount, 2)'
        ) }} as lost_amount
    from daily
    left join values_of_stages
        on
            daily.journey_name = values_of_stages.journey_name
            and daily.stage_number + 1 = values_of_stages.stage_number
    left join typical on daily.journey_name = typical.journey_name
),

metrics as (
    select
        journey_name,
        stage_name,
        stage_number,
        journey_count,
        dropped_journey_count,
        open_journey_count,
        median_waiting_seconds,
        p90_waiting_seconds,
        switch_count,
        contact_count,
        '{{ var("reporting_currency") }}' as currency,
        {{ as_amount('cost_amount') }} as cost_amount,
        lost_amount,
        rank() over (
            partition by journey_name, business_date order by lost_amount desc nulls last
        ) as loss_rank,
        business_date
    from valued
)

select * from metrics
