{# The stages of all declared journeys, a row each: 1 is the start, the last the end. #}
{% macro declared_stages() -%}
    {%- set parts = [] -%}
    {%- for journey in var('journeys') -%}
        {%- for stage in journey['stages'] -%}
            {%- set part -%}
                select
                    '{{ journey['name'] }}' as journey_name,
                    '{{ stage['name'] }}' as stage_name,
                    {{ loop.index }} as stage_number,
                    {{ journey['longest_gap_days'] }} as longest_gap_days,
                    cast({{ journey.get('contact_cost') or 'null' }} as decimal(18, 4))
                        as contact_cost
            {%- endset -%}
            {%- do parts.append(part) -%}
        {%- endfor -%}
    {%- else -%}
        {%- set part -%}
            select
                cast(null as string) as journey_name,
                cast(null as string) as stage_name,
                0 as stage_number,
                0 as longest_gap_days,
                cast(null as decimal(18, 4)) as contact_cost
        {%- endset -%}
        {%- do parts.append(part) -%}
    {%- endfor -%}
    {{ parts | join(' union all ') }}
{%- endmacro %}

{# The touches that are a stage of a declared journey; a touch may be of several. #}
{% macro journey_hits() -%}
    {%- set parts = [] -%}
    {%- for journey in var('journeys') -%}
        {%- for stage in journey['stages'] -%}
            {%- set part -%}
                select
                    '{{ journey['name'] }}' as journey_name,
                    customer_id,
                    interaction_id,
                    {{ loop.index }} as stage_number,
                    {{ 'true' if loop.last else 'false' }} as is_end,
                    event_at
                from touches
                where {{ is_funnel_event(stage) }}
            {%- endset -%}
            {%- do parts.append(part) -%}
        {%- endfor -%}
    {%- else -%}
        {%- set part -%}
            select
                cast(null as string) as journey_name,
                customer_id,
                interaction_id,
                0 as stage_number,
                false as is_end,
                event_at
            from touches
            where 1 = 0
        {%- endset -%}
        {%- do parts.append(part) -%}
    {%- endfor -%}
    {{ parts | join(' union all ') }}
{%- endmacro %}
