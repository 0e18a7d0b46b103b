{% set attributes = customer_attributes() %}

with known_versions as (
    select
        source,
        identity_key,
        version_number,
        {% for name in attributes %}
            case when not is_deleted then {{ name }} end as {{ name }},
        {% endfor %}
        is_email_verified,
        stated_from,
        valid_from,
        valid_from_date,
        known_from
    from {{ ref('int_customer_records_versioned') }}
    where coalesce(valid_from_date, {{ business_date('valid_from') }}) <= {{ as_of_date() }}
),

identities as (
    select * from {{ ref('int_identities_resolved') }}
),

compared as (
    select
        *,
        {% for name in attributes %}
            lag({{ name }}) over (
                partition by source, identity_key order by version_number
            ) as previous_{{ name }},
        {% endfor %}
        lag(is_email_verified) over (
            partition by source, identity_key order by version_number
        ) as previous_is_email_verified
    from known_versions
),

{# For each attribute the versions that state another value than the one before. #}
changed as (
    {% for name, attribute in attributes.items() %}
        select
            source,
            identity_key,
            version_number,
            '{{ name }}' as attribute,
            '{{ attribute.group }}' as attribute_group,
            cast({{ name }} as string) as attribute_value,
            {{ attribute.verified_by or 'cast(null as boolean)' }} as is_verified,
            {{ attribute.rule == 'most_restrictive' }} as is_restrictive,
            {# A permission holds from the day it was stated, never earlier. #}
            {{ 'stated_from' if attribute.rule == 'most_restrictive' else 'valid_from' }}
                as valid_from,
            valid_from_date,
            known_from
        from compared
        where
            {{ name }} is distinct from previous_{{ name }}
            {% if attribute.verified_by %}
                or {{ attribute.verified_by }} is distinct from previous_{{ attribute.verified_by }}
            {% endif %}
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

dated as (
    select
        changed.*,
        coalesce(changed.valid_from_date, {{ business_date('changed.valid_from') }})
            as valid_from_day
    from changed
),

ended as (
    select
        *,
        lead(valid_from) over (
            partition by attribute, source, identity_key order by version_number
        ) as valid_to,
        lead(valid_from_day) over (
            partition by attribute, source, identity_key order by version_number
        ) as valid_to_day
    from dated
    where {{ until_as_of('valid_from_day') }}
),

valued as (
    select
        identities.customer_id,
        ended.source,
        ended.identity_key,
        ended.version_number,
        ended.attribute,
        ended.attribute_group,
        ended.attribute_value,
        {{ source_priority('ended.attribute_group', 'ended.source') }} as source_priority,
        ended.is_verified,
        ended.is_restrictive,
        ended.valid_from_day,
        ended.valid_to_day,
        ended.valid_from,
        ended.valid_to,
        ended.known_from
    from ended
    inner join identities on ended.identity_key = identities.identity_key
    where ended.attribute_value is not null
)

select * from valued
