{# Whoever has an account, a card or a contact record is known, even if nothing else is stated. #}
with records as (
    select
        'account_id:' || crm_customer_id as identity_key,
        true as is_account,
        created_at,
        created_date
    from {{ ref('stg_crm__customers') }}
    union all
    select
        'loyalty_id:' || loyalty_id as identity_key,
        false as is_account,
        joined_at as created_at,
        business_date as created_date
    from {{ ref('stg_loyalty__members') }}
    union all
    select
        'record:crm_contacts:' || contact_id as identity_key,
        false as is_account,
        created_at,
        business_date as created_date
    from {{ ref('stg_crm__contacts') }}
),

identities as (
    select * from {{ ref('int_identities_resolved') }}
),

golden_values as (
    select * from {{ ref('int_customer_attributes_survived') }}
    where is_current
),

recorded as (
    select
        identities.customer_id,
        count(*) as record_count,
        count(case when records.is_account then 1 end) as account_count,
        min(case when records.is_account then records.created_at end) as created_at,
        min(case when records.is_account then records.created_date end) as created_date
    from records
    inner join identities on records.identity_key = identities.identity_key
    where records.created_date is null or {{ until_as_of('records.created_date') }}
    group by identities.customer_id
),

known as (
    select customer_id from recorded
    union
    select customer_id from golden_values
),

golden_records as (
    select
        customer_id,
        {% for name, attribute in customer_attributes().items() %}
            {{ golden_value(name, attribute.type) }} as {{ name }},
        {% endfor %}
        bool_and(case when attribute = 'email' then is_verified end) as is_email_verified
    from golden_values
    group by customer_id
),

profiled as (
    select
        known.customer_id,
        {% for name in customer_attributes() %}
            golden_records.{{ name }},
        {% endfor %}
        golden_records.is_email_verified,
        coalesce(recorded.record_count, 0) as record_count,
        coalesce(recorded.account_count, 0) as account_count,
        recorded.created_at,
        recorded.created_date
    from known
    left join golden_records on known.customer_id = golden_records.customer_id
    left join recorded on known.customer_id = recorded.customer_id
)

select * from profiled
