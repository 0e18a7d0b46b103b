{#
    dbt's incremental strategy `touched_dates`: the rows of the touched dates are taken out and made
    anew, also where nothing is left of a date. The model selects by `is_touched` the rows it makes;
    one of sessions names in `meta` the events that it follows (`session_events`) and the date by
    which it selects: `session_date` by `is_touched_session`, `session_day` by
    `is_touched_session_day`, `day_of_sessions`, with `sessions`, by `is_touched_day_of_sessions`.
#}
{% macro get_incremental_touched_dates_sql(arguments) %}
{%- set columns = arguments['dest_columns'] | map(attribute='quoted') | join(', ') %}
delete from {{ arguments['target_relation'] }}
where {{ is_made_anew(config.get('meta', {})) }};

insert into {{ arguments['target_relation'] }} ({{ columns }})
select {{ columns }} from {{ arguments['temp_relation'] }};
{% endmacro %}

{% macro is_made_anew(meta) -%}
    {%- if 'session_date' in meta -%}
        {{ is_touched_session(ref(meta['session_events']), meta['session_date']) }}
    {%- elif 'session_day' in meta -%}
        {{ is_touched_session_day(ref(meta['session_events']), meta['session_day']) }}
    {%- elif 'day_of_sessions' in meta -%}
        {{ is_touched_day_of_sessions(
            ref(meta['session_events']), ref(meta['sessions']), meta['day_of_sessions']
        ) }}
    {%- else -%}
        {{ is_touched('business_date') }}
    {%- endif -%}
{%- endmacro %}
