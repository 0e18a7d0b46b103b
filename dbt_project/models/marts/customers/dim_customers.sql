with profiles as (
    select * from {{ ref('int_customers_profiled') }}
),

orders as (
    select * from {{ ref('int_customer_orders_summarised') }}
),

identities as (
    select
        customer_id,
        min(loyalty_id) as loyalty_id,
        count(distinct identity_key) as identity_key_count
    from {{ ref('int_identities_resolved') }}
    group by customer_id
),

households as (
    select
        customer_id,
        min(customer_group_id) as household_group_id
    from {{ ref('int_group_memberships_resolved') }}
    where group_type = 'household' and is_current
    group by customer_id
),

seen as (
    select customer_id from profiles
    where record_count > 0
    union
    select customer_id from orders
    union
    select customer_id from {{ ref('int_customer_surveys_summarised') }}
    union
    select customer_id from {{ ref('int_customer_campaigns_summarised') }}
),

aged as (
    select
        *,
        extract(year from {{ as_of_date() }}) - extract(year from birth_date)
        - case
            when
                extract(month from {{ as_of_date() }}) * 100 + extract(day from {{ as_of_date() }})
                < extract(month from birth_date) * 100 + extract(day from birth_date)
                then 1
            else 0
        end as age_years
    from profiles
),

customers as (
    select
        seen.customer_id,
        aged.crm_customer_id,
        identities.loyalty_id,
        households.household_group_id,
        aged.email,
        aged.phone,
        aged.first_name,
        aged.last_name,
        aged.street,
        aged.postcode,
        aged.city,
        aged.region,
        aged.country_code,
        aged.language,
        case
            when aged.age_years < 18 then 'under 18'
            when aged.age_years < 25 then '18-24'
            when aged.age_years < 35 then '25-34'
            when aged.age_years < 45 then '35-44'
            when aged.age_years < 55 then '45-54'
            when aged.age_years < 65 then '55-64'
            when aged.age_years >= 65 then '65+'
            else aged.age_band
        end as age_band,
        aged.gender,
        aged.household_size,
        aged.household_income_band,
        aged.marital_status,
        aged.home_ownership,
        aged.loyalty_tier,
        coalesce(aged.account_count, 0) as account_count,
        identities.identity_key_count,
        coalesce(orders.order_count, 0) = 0 as is_prospect,
        coalesce(orders.order_count, 0) > 0 as is_customer,
        aged.is_email_verified,
        coalesce(aged.has_marketing_consent, false) as has_marketing_consent,
        aged.birth_date,
        aged.created_date,
        aged.created_at
    from seen
    left join aged on seen.customer_id = aged.customer_id
    left join orders on seen.customer_id = orders.customer_id
    left join identities on seen.customer_id = identities.customer_id
    left join households on seen.customer_id = households.customer_id
)

select * from customers
