{% set attributes = customer_attributes() %}
{% set groups = attributes.values() | map(attribute='group') | list %}
{% set single = [] %}
{% for name, attribute in attributes.items() if groups.count(attribute.group) == 1 %}
    {% do single.append(name) %}
{% endfor %}

with known_values as (
    select * from {{ ref('int_customer_attributes_valued') }}
    {# What changed again on the same day held at the end of no day. #}
    where valid_to_day is null or valid_from_day < valid_to_day
),

attributes as (
    {% for name, attribute in attributes.items() %}
        select
            '{{ name }}' as attribute,
            '{{ attribute.group }}' as attribute_group
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

{# Where several records of a customer speak of a group, one has to survive. #}
contested as (
    select
        customer_id,
        attribute_group
    from known_values
    group by customer_id, attribute_group
    having min(source || identity_key) < max(source || identity_key)
),

contested_values as (
    select known_values.*
    from known_values
    inner join contested
        on
            known_values.customer_id = contested.customer_id
            and known_values.attribute_group = contested.attribute_group
),

days_of_change as (
    select
        customer_id,
        attribute_group,
        valid_from_day as business_date
    from contested_values
    union
    select
        customer_id,
        attribute_group,
        valid_to_day as business_date
    from contested_values
    where valid_to_day is not null
),

{# What each record said of the group at the end of each day on which anything changed. #}
candidates as (
    select
        days_of_change.customer_id,
        days_of_change.attribute_group,
        days_of_change.business_date,
        contested_values.source,
        contested_values.identity_key,
        concat_ws(
            '|',
            {% for name in attributes if name not in single %}
                max(
                    case
                        when contested_values.attribute = '{{ name }}'
                            then '{{ name }}=' || contested_values.attribute_value
                    end
                ),
            {% endfor %}
            max(
                case
                    when contested_values.attribute in {{ text_list(single) }}
                        then contested_values.attribute_value
                end
            )
        ) as group_value,
        min(contested_values.source_priority) as source_priority,
        bool_and(coalesce(contested_values.is_verified, true)) as is_verified,
        bool_or(contested_values.is_restrictive) as is_restrictive,
        max(contested_values.valid_from) as valid_from
    from days_of_change
    inner join contested_values
        on
            days_of_change.customer_id = contested_values.customer_id
            and days_of_change.attribute_group = contested_values.attribute_group
            and days_of_change.business_date >= contested_values.valid_from_day
            and (
                contested_values.valid_to_day is null
                or days_of_change.business_date < contested_values.valid_to_day
            )
    group by
        days_of_change.customer_id,
        days_of_change.attribute_group,
        days_of_change.business_date,
        contested_values.source,
        contested_values.identity_key
),

counted as (
    select
        *,
        count(*) over (
            partition by customer_id, attribute_group, business_date, group_value
        ) as record_count
    from candidates
),

ranked as (
    select
        *,
        row_number() over (
            partition by customer_id, attribute_group, business_date
            order by
                case when is_restrictive then group_value end asc nulls last,
                is_verified desc,
                source_priority asc,
                valid_from desc,
                record_count desc,
                source asc,
                identity_key asc
        ) as survival_rank
    from counted
),

survivors as (
    select
        ranked.customer_id,
        ranked.business_date,
        contested_values.attribute,
        contested_values.attribute_value,
        contested_values.source,
        contested_values.identity_key,
        contested_values.is_verified,
        contested_values.known_from
    from ranked
    inner join contested_values
        on
            ranked.source = contested_values.source
            and ranked.identity_key = contested_values.identity_key
            and ranked.attribute_group = contested_values.attribute_group
            and ranked.business_date >= contested_values.valid_from_day
            and (
                contested_values.valid_to_day is null
                or ranked.business_date < contested_values.valid_to_day
            )
    where ranked.survival_rank = 1
),

{# The value of each attribute at the end of each such day; null where nobody stated one. #}
daily as (
    select
        days_of_change.customer_id,
        attributes.attribute,
        days_of_change.business_date,
        survivors.attribute_value,
        survivors.source,
        survivors.identity_key,
        survivors.is_verified,
        survivors.known_from
    from days_of_change
    inner join attributes on days_of_change.attribute_group = attributes.attribute_group
    left join survivors
        on
            days_of_change.customer_id = survivors.customer_id
            and attributes.attribute = survivors.attribute
            and days_of_change.business_date = survivors.business_date
),

compared as (
    select
        *,
        lag(attribute_value) over (
            partition by customer_id, attribute order by business_date
        ) as previous_value,
        lag(identity_key) over (
            partition by customer_id, attribute order by business_date
        ) as previous_identity_key,
        lag(is_verified) over (
            partition by customer_id, attribute order by business_date
        ) as previous_is_verified
    from daily
),

changed as (
    select
        *,
        lead(business_date) over (
            partition by customer_id, attribute order by business_date
        ) as valid_to
    from compared
    where
        attribute_value is distinct from previous_value
        or identity_key is distinct from previous_identity_key
        or is_verified is distinct from previous_is_verified
),

survived as (
    select
        known_values.customer_id,
        known_values.attribute,
        known_values.attribute_value,
        known_values.source,
        known_values.identity_key,
        known_values.is_verified,
        known_values.valid_to_day is null as is_current,
        known_values.valid_from_day as valid_from,
        known_values.valid_to_day as valid_to,
        known_values.known_from
    from known_values
    left join contested
        on
            known_values.customer_id = contested.customer_id
            and known_values.attribute_group = contested.attribute_group
    where contested.customer_id is null
    union all
    select
        customer_id,
        attribute,
        attribute_value,
        source,
        identity_key,
        is_verified,
        valid_to is null as is_current,
        business_date as valid_from,
        valid_to,
        known_from
    from changed
    where attribute_value is not null
)

select * from survived
