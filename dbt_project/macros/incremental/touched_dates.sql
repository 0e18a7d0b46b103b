{#
    What an incremental model makes anew: the business dates that the contracts upstream of it have
    touched since the models were last built (quality.touched_dates, written before dbt begins), as
    spans of dates. `meta` of the model may widen them by `days_before` and `days_after`: a session
    that begins on one day may end on the next.
#}

{# The touched dates as [[first, last], ...] of ISO dates, each widened by days; `none` where every
   date is: of a contract without a time, any change touches everything. #}
{% macro touched_spans(days_before=0, days_after=0) -%}
    {%- set contracts = upstream_contracts(model.unique_id) -%}
    {%- set dates = run_query(
        "select distinct business_date from quality.touched_dates where contract in "
        ~ text_list(contracts) ~ " order by business_date nulls first"
    ).columns[0].values() -%}
    {%- set spans = [] -%}
    {%- for date in dates if date is not none -%}
        {%- set first = date - modules.datetime.timedelta(days=days_before) -%}
        {%- set last = date + modules.datetime.timedelta(days=days_after) -%}
        {%- if spans and first <= spans[-1][1] + modules.datetime.timedelta(days=1) -%}
            {%- do spans[-1].pop() -%}
            {%- do spans[-1].append(last) -%}
        {%- else -%}
            {%- do spans.append([first, last]) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(none if none in dates else spans) }}
{%- endmacro %}

{# Whether only touched dates are made. A unit test has no table (`this`) and makes all. #}
{% macro is_increment() -%}
    {{ return(execute and this and is_incremental()) }}
{%- endmacro %}

{#
    Whether a row is of a date that is made anew; true for all rows where the model is built in full.
    `event_at`, a column in UTC, lets the engine skip what lies far from these dates. `reach` adds
    days on both sides, for rows that are read only to see what stands next to them.
#}
{% macro is_touched(business_date, event_at=none, reach=0) -%}
    {%- if is_increment() -%}
        {%- set meta = config.get('meta', {}) -%}
        {%- set spans = touched_spans(
            meta.get('days_before', 0) + reach, meta.get('days_after', 0) + reach
        ) -%}
        {{ is_within(spans, business_date, event_at) }}
    {%- else -%}
        true
    {%- endif -%}
{%- endmacro %}

{# A condition for spans of dates; a date in any time zone lies within a day of its date in UTC. #}
{% macro is_within(spans, business_date, event_at=none) -%}
    {%- set day, dates, times = modules.datetime.timedelta(days=1), [], [] -%}
    {%- for first, last in spans or [] -%}
        {%- do dates.append(is_from_to(business_date, 'date', first, last)) -%}
        {%- do times.append(is_from_to(event_at, 'timestamp', first - day, last + day + day)) -%}
    {%- endfor -%}
    {%- if spans is none -%}
        true
    {%- elif not spans -%}
        1 = 0
    {%- elif event_at is none -%}
        ({{ dates | join(' or ') }})
    {%- else -%}
        {#- the outer bounds stand alone, for an engine prunes by plain comparisons -#}
        {%- set outer = is_from_to(
            event_at, 'timestamp', spans[0][0] - day, spans[-1][1] + day + day
        ) -%}
        ({{ outer }} and ({{ times | join(' or ') }}) and ({{ dates | join(' or ') }}))
    {%- endif -%}
{%- endmacro %}

{% macro is_from_to(column, type, first, last) -%}
    ({{ column }} between cast('{{ first }}' as {{ type }}) and cast('{{ last }}' as {{ type }}))
{%- endmacro %}

{# The contracts, as `source/extract`, that a model reads in the end. #}
{% macro upstream_contracts(unique_id) -%}
    {%- set waiting, seen, contracts = [unique_id], [], [] -%}
    {%- for _ in range(graph.nodes | length + graph.sources | length) if waiting -%}
        {%- set key = waiting.pop() -%}
        {%- set node = graph.nodes.get(key, {}) -%}
        {%- for parent in node.get('depends_on', {}).get('nodes', []) if parent not in seen -%}
            {%- do seen.append(parent) -%}
            {%- do waiting.append(parent) -%}
            {%- if parent in graph.sources and graph.sources[parent].schema == 'raw' -%}
                {%- do contracts.append(
                    graph.sources[parent].source_name ~ '/' ~ graph.sources[parent].name
                ) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(contracts | sort) }}
{%- endmacro %}
