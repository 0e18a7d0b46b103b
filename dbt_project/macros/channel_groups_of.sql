{#
    The rows of a relation, told apart by `keys`, with the group of channels of their `source` and
    `medium`: the longest name of a site that fits the source, then the first rule that fits.
#}
{% macro channel_groups_of(relation, keys) -%}
    select
        named.*,
        coalesce(rules.channel_group, 'Unassigned') as channel_group
    from (
        select
            {{ relation }}.*,
            sources.source_category
        from {{ relation }}
        left join {{ ref('traffic_sources') }} as sources
            on '.' || {{ relation }}.source || '.' like '%.' || sources.source_name || '.%'
        qualify
            row_number() over (
                partition by {% for key in keys %}{{ relation }}.{{ key }}{{ ', ' if not loop.last }}{% endfor %}
                order by length(sources.source_name) desc, sources.source_name asc
            ) = 1
    ) as named
    left join {{ ref('channel_groups') }} as rules
        on
            (rules.source_category is null or named.source_category = rules.source_category)
            and (rules.source_pattern is null or named.source like rules.source_pattern)
            and (rules.medium_pattern is null or named.medium like rules.medium_pattern)
    qualify
        row_number() over (
            partition by {% for key in keys %}named.{{ key }}{{ ', ' if not loop.last }}{% endfor %}
            order by rules.rule_number asc nulls last
        ) = 1
{%- endmacro %}
