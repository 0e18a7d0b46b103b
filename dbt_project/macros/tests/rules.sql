{#
    Named conditions that every row keeps, evaluated in one scan. Returns each broken rule with the
    number of rows that break it; like a check constraint, a condition that is null is kept.
#}
{% test rules(model, rules) %}
    with counts as (
        select
            {% for name, condition in rules.items() %}
                count(case when not ({{ condition }}) then 1 end) as {{ name }}{{ ',' if not loop.last }}
            {% endfor %}
        from {{ model }}
    )

    {% for name in rules %}
        select
            '{{ name }}' as broken_rule,
            {{ name }} as row_count
        from counts
        where {{ name }} > 0
        {{ 'union all' if not loop.last }}
    {% endfor %}
{% endtest %}
