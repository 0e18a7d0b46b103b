{#
    dbt's incremental strategy `touched_dates`: the rows of the touched dates are taken out and made
    anew, also where nothing is left of a date. The model selects by `is_touched` the rows it makes.
#}
{% macro get_incremental_touched_dates_sql(arguments) %}
    {%- set columns = arguments['dest_columns'] | map(attribute='quoted') | join(', ') -%}
    delete from {{ arguments['target_relation'] }}
    where {{ is_touched('business_date') }};

    insert into {{ arguments['target_relation'] }} ({{ columns }})
    select {{ columns }} from {{ arguments['temp_relation'] }};
{% endmacro %}
