with accounts as (
    select * from {{ ref('stg_crm__customers') }}
    where created_date is null or {{ until_as_of('created_date') }}
),

identities as (
    select * from {{ ref('int_identities_resolved') }}
),

golden_values as (
    select * from {{ ref('int_customer_attributes_survived') }}
    where is_current
),

opened as (
    select
        identities.customer_id,
        count(*) as account_count,
        min(accounts.created_at) as created_at,
        min(accounts.created_date) as created_date
    from accounts
    inner join identities on 'account_id:' || accounts.crm_customer_id = identities.identity_key
    group by identities.customer_id
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
        golden_records.*,
        coalesce(opened.account_count, 0) as account_count,
        opened.created_at,
        opened.created_date
    from golden_records
    left join opened on golden_records.customer_id = opened.customer_id
)

select * from profiled
