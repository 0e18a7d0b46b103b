{# Whether an event is the one that a step or an exclusion names. #}
{% macro is_funnel_event(wanted) -%}
    {%- set events = wanted['event'] -%}
    {%- set conditions = ['event in ' ~ text_list([events] if events is string else events)] -%}
    {%- for column, values in (wanted.get('where') or {}).items() -%}
        {%- set value = column if column in funnel_columns() else json_value('details', column) -%}
        {%- do conditions.append(
            value ~ ' in ' ~ text_list([values] if values is string else values)
        ) -%}
    {%- endfor -%}
    {{ conditions | join(' and ') }}
{%- endmacro %}

{# Events of one funnel: its steps by number, an exclusion as number 0. #}
{% macro funnel_hits(funnel) -%}
    {%- set wanted = {} -%}
    {%- if funnel.get('exclude') -%}{%- do wanted.update({0: funnel['exclude']}) -%}{%- endif -%}
    {%- for step in funnel['steps'] -%}{%- do wanted.update({loop.index: step}) -%}{%- endfor -%}
    {%- set column = funnel.get('breakdown') -%}
    {%- for number, event in wanted.items() -%}
        select
            unit_id,
            {{ number }} as step_number,
            {{ "coalesce(" ~ column ~ ", 'unknown')" if column else "'all'" }} as breakdown_value,
            next_event,
            amount,
            event_at
        from events
        where unit = '{{ funnel['unit'] }}' and {{ is_funnel_event(event) }}
        {{ ' union all ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}

{# Columns by which each event knows when its own step was reached, and what came next. #}
{% macro own_step_columns(step_count) -%}
    {%- set columns = [] -%}
    {%- for number in range(1, step_count + 1) -%}
        {%- set own = 'case when step_number = ' ~ number ~ ' then ' -%}
        {%- do columns.append(own ~ 'event_at end as at_' ~ number) -%}
        {%- do columns.append(own ~ 'next_event end as next_' ~ number) -%}
    {%- endfor -%}
    {%- do columns.append(
        'case when step_number = ' ~ step_count ~ ' then amount end as final_amount'
    ) -%}
    {{ columns | join(',\n') }}
{%- endmacro %}

{#
    The columns of all steps, after the events of step `number` have looked up the next event of the
    step after it with all that this one has found; in any order the next event of each step. In
    strict order no other step lies between.
#}
{% macro later_step_columns(number, step_count, order) -%}
    {%- set columns = [] -%}
    {%- for earlier in range(1, number + 1) -%}
        {%- do columns.append('at_' ~ earlier) -%}
        {%- do columns.append('next_' ~ earlier) -%}
    {%- endfor -%}
    {%- set other = 'case when step_number not in (0, ' ~ number ~ ') then step_number end' -%}
    {%- set kept = 'case when step_number <> ' ~ number ~ ' then ' -%}
    {%- set is_other = first_known(other) ~ ' over later <> ' ~ (number + 1) -%}
    {%- set strict = ' when ' ~ is_other ~ ' then null' -%}
    {%- for later in range(number + 1, step_count + 1) -%}
        {%- set source = later if order == 'any' else number + 1 -%}
        {%- set found -%}
            case when step_number = {{ source }} and at_{{ later }} is not null then
        {%- endset -%}
        {%- for column in ['at_' ~ later, 'next_' ~ later, 'final_amount'] -%}
            {%- if column != 'final_amount' or later == step_count -%}
                {%- do columns.append(
                    kept ~ column ~ (strict if order == 'strict' else '') ~ ' else '
                    ~ first_known(found ~ ' ' ~ column ~ ' end') ~ ' over later end as ' ~ column
                ) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ columns | join(',\n') }}
{%- endmacro %}

{# The passes over the events of a funnel, from its last step but one back to the first. #}
{% macro funnel_passes(funnel) -%}
    {%- set name, count, order = funnel['name'], funnel['steps'] | length, funnel['order'] -%}
    {%- for number in ([1] if order == 'any' else range(count - 1, 0, -1)) %}
        {{ name }}_found_{{ number }} as (
            select
                unit_id,
                step_number,
                breakdown_value,
                event_at,
                {{ later_step_columns(number, count, order) }},
                {{ first_known('case when step_number = 0 then event_at end') }} over later
                    as excluded_at
            from {{ name }}_found_{{ count if order == 'any' else number + 1 }}
            window later as (
                partition by unit_id order by event_at, step_number
                rows between 1 following and unbounded following
            )
        ),
    {%- endfor -%}
{%- endmacro %}

{# The steps of an attempt that were reached within its window. #}
{% macro steps_in_window(step_count, window_days) -%}
    {%- set columns = ['at_1', 'next_1'] -%}
    {%- set until = add_hours('at_1', (window_days or 0) * 24) -%}
    {%- for number in range(2, step_count + 1) -%}
        {%- for column in ['at_' ~ number, 'next_' ~ number] -%}
            {%- do columns.append(
                'case when at_' ~ number ~ ' <= ' ~ until ~ ' then ' ~ column ~ ' end as ' ~ column
                if window_days else column
            ) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ columns | join(',\n') }}
{%- endmacro %}

{# How many steps an attempt reached, and when the last. #}
{% macro depth_of_attempt(step_count) -%}
    {%- set reached, moments = [], [] -%}
    {%- for number in range(1, step_count + 1) -%}
        {%- do reached.append('case when at_' ~ number ~ ' is not null then 1 else 0 end') -%}
        {%- do moments.append('coalesce(at_' ~ number ~ ', at_1)') -%}
    {%- endfor -%}
    {{ reached | join(' + ') }} as depth,
    greatest({{ moments | join(', ') }}) as last_at
{%- endmacro %}

{#
    Common table expressions of one funnel that end in `<name>_best`: for each unit and date of the
    first step the attempt that gets farthest, the earliest among equals. One pass over its events
    for each step, no join.
#}
{% macro funnel_attempts(funnel) %}
{{ funnel['name'] }}_hits as (
    {{ funnel_hits(funnel) }}
),

{{ funnel['name'] }}_found_{{ funnel['steps'] | length }} as (
    select
        unit_id,
        step_number,
        breakdown_value,
        event_at,
        {{ own_step_columns(funnel['steps'] | length) }}
    from {{ funnel['name'] }}_hits
),

{{ funnel_passes(funnel) }}

{{ funnel['name'] }}_attempts as (
    select
        unit_id,
        breakdown_value,
        final_amount,
        excluded_at,
        {{ business_date('at_1') }} as business_date,
        {{ steps_in_window(funnel['steps'] | length, funnel.get('window_days')) }}
    from {{ funnel['name'] }}_found_1
    where step_number = 1
),

{{ funnel['name'] }}_measured as (
    select
        *,
        {{ depth_of_attempt(funnel['steps'] | length) }}
    from {{ funnel['name'] }}_attempts
),

{{ funnel['name'] }}_ranked as (
    select
        *,
        row_number() over (
            partition by unit_id, business_date order by depth desc, at_1
        ) as attempt_rank
    from {{ funnel['name'] }}_measured
),

{{ funnel['name'] }}_best as (
    select * from {{ funnel['name'] }}_ranked
    where attempt_rank = 1 and (excluded_at is null or excluded_at >= last_at)
)
{% endmacro %}

{# What a row of a funnel is called: in any order, after the first step, how many were reached. #}
{% macro step_label(funnel, number) -%}
    {%- if funnel['order'] == 'any' and number > 1 -%}
        {{ number }} of {{ funnel['steps'] | length }}
    {%- else -%}
        {{ funnel['steps'][number - 1]['name'] }}
    {%- endif -%}
{%- endmacro %}

{#
    The steps that each unit of a funnel reached; in any order they are numbered as they came. Who
    is first seen in a store at a later step was there before: how long, nobody knows.
#}
{% macro funnel_steps_reached(funnel) -%}
    {%- set number = 'step_number' -%}
    {%- if funnel['order'] == 'any' -%}
        {%- set number -%}
            row_number() over (
                partition by unit_id, business_date order by reached_at, step_number
            )
        {%- endset -%}
    {%- endif -%}
    {%- set parts = [] -%}
    {%- for _ in funnel['steps'] -%}
        {%- set part -%}
            select
                unit_id,
                breakdown_value,
                business_date,
                depth,
                final_amount,
                at_1,
                {{ loop.index }} as step_number,
                next_{{ loop.index }} as next_event,
                at_{{ loop.index }} as reached_at
            from {{ funnel['name'] }}_best
            where at_{{ loop.index }} is not null
        {%- endset -%}
        {%- do parts.append(part) -%}
    {%- endfor -%}
    select
        '{{ funnel['name'] }}' as funnel_name,
        unit_id,
        breakdown_value,
        business_date,
        depth,
        {{ number }} as step_number,
        next_event,
        case when depth = {{ funnel['steps'] | length }} then final_amount end as final_amount,
        {% if funnel['unit'] == 'visit' -%}
            case
                when reached_at > at_1 or reached.step_number = 1
                    then {{ seconds_between('at_1', 'reached_at') }}
            end
        {%- else -%}
            {{ seconds_between('at_1', 'reached_at') }}
        {%- endif %} as seconds_from_start
    from ({{ parts | join(' union all ') }}) as reached
{%- endmacro %}
