{% set personal = [] %}
{% for name, attribute in customer_attributes().items() if attribute.is_personal %}
    {% do personal.append(name) %}
{% endfor %}

with stated as (
    select * from {{ ref('int_customer_attributes_valued') }}
),

survived as (
    select * from {{ ref('int_customer_attributes_survived') }}
    where is_current
),

customers as (
    select * from {{ ref('dim_customers') }}
),

attributes as (
    select
        stated.customer_id,
        stated.identity_key,
        stated.attribute,
        stated.source,
        stated.version_number,
        stated.attribute_value,
        case
            when
                stated.attribute not in {{ text_list(personal) }}
                then stated.attribute_value
        end as open_value,
        stated.is_verified,
        stated.valid_to is null as is_current,
        stated.valid_to is null and survived.customer_id is not null as is_golden,
        stated.valid_from,
        stated.valid_to,
        stated.known_from
    from stated
    inner join customers on stated.customer_id = customers.customer_id
    left join survived
        on
            stated.customer_id = survived.customer_id
            and stated.attribute = survived.attribute
            and stated.source = survived.source
            and stated.identity_key = survived.identity_key
)

select * from attributes
