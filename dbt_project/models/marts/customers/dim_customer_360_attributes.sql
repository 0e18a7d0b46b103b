{% set attributes = columns_with_meta('customer_360', 'kind') %}

with stated as (
    select * from (
        values
        {% for name, column in attributes.items() %}
            {% for contract in column.config.meta.sources %}
                (
                    '{{ name }}', '{{ column.config.meta.kind }}',
                    '{{ column.config.meta.needed_for | join(', ') }}',
                    '{{ contract }}'
                ){{ ',' if not loop.last }}
            {% endfor %}
            {{ ',' if not loop.last }}
        {% else %}
            (cast(null as string), null, null, null)
        {% endfor %}
    ) as listed (attribute, data_type, needed_for, contract)
),

contracts as (
    select * from {{ ref('stg_quality__sources') }}
),

attributes as (
    select
        stated.attribute,
        stated.data_type,
        stated.needed_for,
        {{ list_distinct('stated.contract') }} as sources,
        {{ list_distinct('case when contracts.rows_loaded > 0 then stated.contract end') }}
            as loaded_sources,
        min(contracts.age_days) as age_days,
        coalesce(bool_or(contracts.is_stale), false) as is_stale,
        max(contracts.last_received_at) as last_received_at
    from stated
    left join contracts on stated.contract = contracts.contract
    where stated.attribute is not null
    group by stated.attribute, stated.data_type, stated.needed_for
)

select * from attributes
