{#
    Named conditions that every row keeps, evaluated in one scan, and the model's key, if it is given
    here, in another: one test where there would be two, since each costs a run as much as a small
    model. Returns each broken rule with the number of rows that break it (of the rule `key`: of keys
    that are repeated or null); like a check constraint, a condition that is null is kept.
#}
{% test rules(model, rules, key=[]) -%}
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
    {{ or_repeated_keys(model, key) if key }}
{%- endtest %}
