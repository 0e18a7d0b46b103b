with known_values as (
    select * from {{ ref('int_customer_attributes_valued') }}
    {# What changed again on the same day held at the end of no day. #}
    where valid_to_day is null or valid_from_day < valid_to_day
),

{# First: the groups of a customer's attributes of which several records speak, so that one of these
   has to survive. #}
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

{# Second: the record that survives at the end of each such day, by what each said of the group. #}
candidates as (
    select
        days_of_change.customer_id,
        days_of_change.attribute_group,
        days_of_change.business_date,
        contested_values.source,
        contested_values.identity_key,
        {{ list_distinct("contested_values.attribute || '=' || contested_values.attribute_value") }}
            as group_value,
        min(contested_values.source_priority) as source_priority,
        bool_and(coalesce(contested_values.is_verified, true)) as is_verified,
        bool_or(contested_values.is_restrictive) as is_restrictive,
        max(contested_values.valid_from) as valid_from
    from days_of_change
    inner join contested_values
        on
            days_of_change.customer_id = contested_values.customer_id
            and days_of_change.attribute_group = contested_values.attribute_group
            and {{ holds_on('days_of_change.business_date', 'contested_values') }}
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
        ranked.business_date,
        contested_values.*
    from ranked
    inner join contested_values
        on
            ranked.customer_id = contested_values.customer_id
            and ranked.source = contested_values.source
            and ranked.identity_key = contested_values.identity_key
            and ranked.attribute_group = contested_values.attribute_group
            and {{ holds_on('ranked.business_date', 'contested_values') }}
    where ranked.survival_rank = 1
),

{# Third: the days in a row on which the same value of the same record survived. An attribute of
   which the survivor says nothing has no value then. #}
stated_attributes as (
    select distinct
        customer_id,
        attribute_group,
        attribute
    from contested_values
),

daily as (
    select
        days_of_change.customer_id,
        stated_attributes.attribute,
        days_of_change.business_date,
        survivors.attribute_value,
        survivors.source,
        survivors.identity_key,
        survivors.is_verified,
        survivors.known_from
    from days_of_change
    inner join stated_attributes
        on
            days_of_change.customer_id = stated_attributes.customer_id
            and days_of_change.attribute_group = stated_attributes.attribute_group
    left join survivors
        on
            days_of_change.customer_id = survivors.customer_id
            and stated_attributes.attribute = survivors.attribute
            and days_of_change.business_date = survivors.business_date
),

{% set before = 'over (partition by customer_id, attribute order by business_date)' %}
compared as (
    select
        *,
        lag(attribute_value) {{ before }} as previous_value,
        lag(identity_key) {{ before }} as previous_identity_key,
        lag(is_verified) {{ before }} as previous_is_verified
    from daily
),

changes as (
    select
        *,
        lead(business_date) {{ before }} as valid_to
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
    from changes
    where attribute_value is not null
)

select * from survived
