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
    {%- if spans is none -%}
        true
    {%- elif not spans -%}
        1 = 0
    {%- else -%}
        {%- set day = modules.datetime.timedelta(days=1) -%}
        (
        {%- if event_at %}
            {{ event_at }} >= cast('{{ spans[0][0] - day }}' as timestamp)
            and {{ event_at }} < cast('{{ spans[-1][1] + day + day }}' as timestamp)
            and (
            {%- for first, last in spans if spans | length > 1 %}
                {{ 'or ' if not loop.first }}({{ event_at }} >= cast('{{ first - day }}' as timestamp) and {{ event_at }} < cast('{{ last + day + day }}' as timestamp))
            {%- else %}
                true
            {%- endfor %}
            )
            and
        {%- endif %}
            (
        {%- for first, last in spans %}
                {{ 'or ' if not loop.first }}{{ business_date }} between cast('{{ first }}' as date) and cast('{{ last }}' as date)
        {%- endfor %}
            )
        )
    {%- endif -%}
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
