with accounts as (
    select * from {{ ref('stg_crm__customers') }}
    where created_date is null or {{ until_as_of('created_date') }}
),

identities as (
    select * from {{ ref('int_identities_resolved') }}
),

postcodes as (
    select * from {{ ref('stg_locations__postcodes') }}
),

ranked as (
    select
        identities.customer_id,
        accounts.*,
        row_number() over (
            partition by identities.customer_id
            order by
                accounts.updated_at desc nulls last,
                accounts.created_at desc nulls last,
                accounts.crm_customer_id asc
        ) as recency_rank,
        row_number() over (
            partition by identities.customer_id
            order by
                coalesce(accounts.is_email_verified, true) desc,
                accounts.updated_at desc nulls last,
                accounts.created_at desc nulls last,
                accounts.crm_customer_id asc
        ) as email_rank
    from accounts
    inner join identities on 'account_id:' || accounts.crm_customer_id = identities.identity_key
),

profiled as (
    select
        customer_id,
        count(*) as account_count,
        {% for column in [
            'crm_customer_id', 'household_id', 'phone', 'first_name', 'last_name', 'language', 'age_band', 'gender',
            'household_size', 'household_income_band', 'marital_status', 'home_ownership', 'birth_date',
        ] %}
            {{ latest_known(column) }} as {{ column }},
        {% endfor %}
        {{ latest_known('email', 'email_rank') }} as email,
        min_by(is_email_verified, email_rank) filter (where email is not null) as is_email_verified,
        {# An address is one value: its parts come from the same record. #}
        min(recency_rank) filter (
            where coalesce(street, postcode, city, region, country_code) is not null
        ) as address_rank,
        bool_and(coalesce(has_marketing_consent, false)) as has_marketing_consent,
        min(created_at) as created_at,
        min(created_date) as created_date
    from ranked
    group by customer_id
),

addressed as (
    select
        profiled.*,
        ranked.street,
        ranked.postcode,
        coalesce(ranked.city, postcodes.city) as city,
        coalesce(ranked.region, postcodes.region) as region,
        ranked.country_code
    from profiled
    left join ranked
        on profiled.customer_id = ranked.customer_id and profiled.address_rank = ranked.recency_rank
    left join postcodes
        on
            ranked.country_code = postcodes.country_code
            and ranked.postcode_normalised = postcodes.postcode_normalised
)

select * from addressed
