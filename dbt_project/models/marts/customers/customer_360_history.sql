{% set tracked = tracked_columns() %}
{% set stated = [] %}
{% set computed = [] %}
{% for name, column in tracked.items() %}
    {% do (stated if column.is_stated else computed).append(name) %}
{% endfor %}

with customers as (
    select * from {{ ref('customer_360') }}
),

survived as (
    select * from {{ ref('int_customer_attributes_survived') }}
),

published as (
    select * from {{ ref('stg_ml__published_outputs') }}
    where as_of_date < {{ as_of_date() }}
),

outputs as (
    select
        customer_id,
        attribute,
        attribute_value,
        as_of_date
    from published
    {% for name in computed %}
        union all
        select
            customer_id,
            '{{ name }}' as attribute,
            cast({{ name }} as string) as attribute_value,
            as_of_date
        from customers
    {% endfor %}
),

output_intervals as (
    select
        customer_id,
        attribute,
        attribute_value,
        as_of_date as valid_from,
        lead(as_of_date) over (
            partition by customer_id, attribute order by as_of_date
        ) as valid_to
    from outputs
),

intervals as (
    select
        customer_id,
        attribute,
        attribute_value,
        valid_from,
        valid_to,
        known_from
    from survived
    where attribute in {{ text_list(stated) }}
    union all
    select
        customer_id,
        attribute,
        attribute_value,
        valid_from,
        valid_to,
        cast(null as timestamp) as known_from
    from output_intervals
    where attribute_value is not null and attribute in {{ text_list(computed) }}
),

days_of_change as (
    select
        customer_id,
        valid_from as business_date
    from intervals
    union
    select
        customer_id,
        valid_to as business_date
    from intervals
    where valid_to is not null
),

{# Each customer is there on every day, so that a day without any value is a state too. #}
held as (
    select
        customer_id,
        attribute,
        attribute_value,
        valid_from,
        valid_to,
        known_from
    from intervals
    union all
    select
        customer_id,
        '' as attribute,
        cast(null as string) as attribute_value,
        cast('0001-01-01' as date) as valid_from,
        cast(null as date) as valid_to,
        cast(null as timestamp) as known_from
    from customers
),

states as (
    select
        days_of_change.customer_id,
        days_of_change.business_date,
        {% for name, column in tracked.items() %}
            {% if column.is_restrictive %}
                coalesce({{ golden_value(name, column.type) }}, false) as {{ name }},
            {% else %}
                {{ golden_value(name, column.type) }} as {{ name }},
            {% endif %}
        {% endfor %}
        max(held.known_from) as known_from
    from days_of_change
    inner join customers on days_of_change.customer_id = customers.customer_id
    inner join held
        on
            days_of_change.customer_id = held.customer_id
            and days_of_change.business_date >= held.valid_from
            and (held.valid_to is null or days_of_change.business_date < held.valid_to)
    group by days_of_change.customer_id, days_of_change.business_date
),

compared as (
    select
        *,
        {% for name in tracked %}
            lag({{ name }}) over (
                partition by customer_id order by business_date
            ) as previous_{{ name }},
        {% endfor %}
        row_number() over (partition by customer_id order by business_date) as state_number
    from states
),

changed as (
    select
        *,
        lead(business_date) over (
            partition by customer_id order by business_date
        ) as valid_to
    from compared
    where
        state_number = 1
        {% for name in tracked %}
            or {{ name }} is distinct from previous_{{ name }}
        {% endfor %}
),

history as (
    select
        customer_id,
        {% for name in tracked %}
            {{ name }},
        {% endfor %}
        valid_to is null as is_current,
        business_date as valid_from,
        valid_to,
        known_from
    from changed
)

select * from history
