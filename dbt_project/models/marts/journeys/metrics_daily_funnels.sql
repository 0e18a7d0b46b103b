{# Funnels are declared (docs/funnels.md); those of a company come as the variable `funnels`. #}
{% set funnels = var('funnels') %}
with {{ funnel_events() }},

{% for funnel in funnels %}
    {{ funnel_attempts(funnel) }},
{% endfor %}

reached as (
    {% for funnel in funnels %}
        {{ funnel_steps_reached(funnel) }}
        {{ 'union all' if not loop.last }}
    {% else %}
        select
            cast(null as string) as funnel_name,
            unit_id,
            cast(null as string) as breakdown_value,
            cast(null as date) as business_date,
            0 as depth,
            0 as step_number,
            next_event,
            amount as final_amount,
            cast(null as double) as seconds_from_start
        from events
        where 1 = 0
    {% endfor %}
),

steps as (
    {% for funnel in funnels %}
        {% set number_of_funnel = loop.index %}
        {% for step in funnel['steps'] %}
            select
                '{{ funnel['name'] }}' as funnel_name,
                '{{ funnel['unit'] }}' as unit,
                '{{ funnel.get('breakdown') or 'none' }}' as breakdown,
                {{ loop.index }} as step_number,
                '{{ step_label(funnel, loop.index) }}' as step_name,
                {{ funnel['steps'] | length }} as step_count,
                {{ funnel.get('window_days') or 0 }} as window_days
            {{ 'union all' if not (loop.last and number_of_funnel == funnels | length) }}
        {% endfor %}
    {% else %}
        select
            cast(null as string) as funnel_name,
            cast(null as string) as unit,
            cast(null as string) as breakdown,
            0 as step_number,
            cast(null as string) as step_name,
            0 as step_count,
            0 as window_days
    {% endfor %}
),

judged as (
    select
        reached.*,
        steps.step_count,
        reached.depth = reached.step_number and reached.depth < steps.step_count as is_dropped,
        {{ add_days('reached.business_date', 'steps.window_days') }} > {{ as_of_date() }} as is_open
    from reached
    inner join steps
        on reached.funnel_name = steps.funnel_name and reached.step_number = steps.step_number
),

{# What a unit that reached a step is worth: the share that converts, and the median of these. #}
values_of_steps as (
    select
        funnel_name,
        step_number,
        {{ divide('count(case when depth = step_count then 1 end)', 'count(*)') }}
            as conversion_rate,
        {{ percentile('final_amount', 0.5) }} as final_amount
    from judged
    where not is_open
    group by funnel_name, step_number
),

counted as (
    select
        funnel_name,
        business_date,
        breakdown_value,
        step_number,
        count(*) as unit_count,
        count(case when is_dropped then 1 end) as dropped_unit_count,
        {{ percentile('seconds_from_start', 0.5) }} as median_seconds,
        {{ percentile('seconds_from_start', 0.9) }} as p90_seconds
    from judged
    group by funnel_name, business_date, breakdown_value, step_number
),

followed as (
    select
        funnel_name,
        business_date,
        breakdown_value,
        step_number,
        next_event,
        count(*) as unit_count,
        row_number() over (
            partition by funnel_name, business_date, breakdown_value, step_number
            order by count(*) desc, next_event
        ) as event_rank
    from judged
    where is_dropped and next_event is not null
    group by funnel_name, business_date, breakdown_value, step_number, next_event
),

gridded as (
    select
        entered.funnel_name,
        entered.business_date,
        entered.breakdown_value,
        entered.unit_count as entered_unit_count,
        steps.unit,
        steps.breakdown,
        steps.step_number,
        steps.step_name,
        {{ add_days('entered.business_date', 'steps.window_days') }} > {{ as_of_date() }}
            as is_open,
        coalesce(counted.unit_count, 0) as unit_count,
        coalesce(counted.dropped_unit_count, 0) as dropped_unit_count,
        counted.median_seconds,
        counted.p90_seconds,
        followed.next_event,
        followed.unit_count as next_event_unit_count
    from counted as entered
    inner join steps on entered.funnel_name = steps.funnel_name and entered.step_number = 1
    left join counted
        on
            entered.funnel_name = counted.funnel_name
            and entered.business_date = counted.business_date
            and entered.breakdown_value = counted.breakdown_value
            and steps.step_number = counted.step_number
    left join followed
        on
            entered.funnel_name = followed.funnel_name
            and entered.business_date = followed.business_date
            and entered.breakdown_value = followed.breakdown_value
            and steps.step_number = followed.step_number
            and followed.event_rank = 1
),

metrics as (
    select
        gridded.funnel_name,
        gridded.unit,
        gridded.breakdown,
        gridded.breakdown_value,
        gridded.step_name,
        gridded.next_event,
        cast(gridded.step_number as bigint) as step_number,
        gridded.entered_unit_count,
        gridded.unit_count,
        gridded.dropped_unit_count,
        coalesce(gridded.next_event_unit_count, 0) as next_event_unit_count,
        case
            when not gridded.is_open
                then
                    {{ divide(
                        'gridded.unit_count',
                        'lag(gridded.unit_count) over (partition by gridded.funnel_name, gridded.business_date,'
                        ~ ' gridded.breakdown_value order by gridded.step_number)'
                    ) }}
        end as step_conversion_rate,
        case
            when not gridded.is_open
                then {{ divide('gridded.unit_count', 'gridded.entered_unit_count') }}
        end as conversion_rate,
        case
            when not gridded.is_open
                then {{ divide('gridded.dropped_unit_count', 'gridded.unit_count') }}
        end as drop_off_rate,
        gridded.median_seconds,
        gridded.p90_seconds,
        '{{ var("reporting_currency") }}' as currency,
        {{ as_amount(
            'case when not gridded.is_open then round(gridded.dropped_unit_count'
            ~ ' * coalesce(next_steps.conversion_rate, 0) * final_steps.final_amount, 2) end'
        ) }} as lost_amount,
        gridded.is_open,
        gridded.business_date
    from gridded
    left join values_of_steps as next_steps
        on
            gridded.funnel_name = next_steps.funnel_name
            and gridded.step_number + 1 = next_steps.step_number
    left join values_of_steps as final_steps
        on
            gridded.funnel_name = final_steps.funnel_name
            and final_steps.conversion_rate = 1
            and final_steps.final_amount is not null
            and final_steps.step_number = (
                select max(steps.step_number) from steps
                where steps.funnel_name = gridded.funnel_name
            )
)

select * from metrics
