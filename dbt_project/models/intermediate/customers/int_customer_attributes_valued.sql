{% set attributes = customer_attributes() %}

with versions as (
    select * from {{ ref('int_customer_records_versioned') }}
),

identities as (
    select * from {{ ref('int_identities_resolved') }}
),

attributes as (
    {% for name, attribute in attributes.items() %}
        select
            '{{ name }}' as attribute,
            '{{ attribute.group }}' as attribute_group,
            {{ attribute.rule == 'most_restrictive' }} as is_restrictive
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

stated as (
    select
        versions.source,
        versions.identity_key,
        versions.version_number,
        attributes.attribute,
        attributes.attribute_group,
        attributes.is_restrictive,
        case
            when versions.is_deleted then null
            {% for name in attributes %}
                when attributes.attribute = '{{ name }}' then cast(versions.{{ name }} as string)
            {% endfor %}
        end as attribute_value,
        case
            {% for name, attribute in attributes.items() if attribute.verified_by %}
                when attributes.attribute = '{{ name }}' then versions.{{ attribute.verified_by }}
            {% endfor %}
            else cast(null as boolean)
        end as is_verified,
        {# A permission holds from the day it was stated, never earlier. #}
        case
            when attributes.is_restrictive then versions.stated_from
            else versions.valid_from
        end as valid_from,
        versions.valid_from_date,
        versions.known_from
    from versions
    cross join attributes
),

dated as (
    select
        stated.*,
        coalesce(stated.valid_from_date, {{ business_date('stated.valid_from') }}) as valid_from_day
    from stated
),

compared as (
    select
        *,
        lag(version_number) over (
            partition by source, identity_key, attribute order by version_number
        ) as previous_version_number,
        lag(attribute_value) over (
            partition by source, identity_key, attribute order by version_number
        ) as previous_value,
        lag(is_verified) over (
            partition by source, identity_key, attribute order by version_number
        ) as previous_is_verified
    from dated
    where {{ until_as_of('valid_from_day') }}
),

changed as (
    select
        *,
        lead(valid_from) over (
            partition by source, identity_key, attribute order by version_number
        ) as valid_to,
        lead(valid_from_day) over (
            partition by source, identity_key, attribute order by version_number
        ) as valid_to_day
    from compared
    where
        previous_version_number is null
        or attribute_value is distinct from previous_value
        or is_verified is distinct from previous_is_verified
),

valued as (
    select
        identities.customer_id,
        changed.source,
        changed.identity_key,
        changed.version_number,
        changed.attribute,
        changed.attribute_group,
        changed.attribute_value,
        {{ source_priority('changed.attribute_group', 'changed.source') }} as source_priority,
        changed.is_verified,
        changed.is_restrictive,
        changed.valid_from_day,
        changed.valid_to_day,
        changed.valid_from,
        changed.valid_to,
        changed.known_from
    from changed
    inner join identities on changed.identity_key = identities.identity_key
    where changed.attribute_value is not null
)

select * from valued
