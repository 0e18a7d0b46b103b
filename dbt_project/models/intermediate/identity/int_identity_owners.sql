{# Open ends are filled in, so that a join by plain comparisons finds the owner at a time. #}
with identities as (
    select * from {{ ref('int_identities_resolved') }}
),

periods as (
    select * from {{ ref('int_visitor_periods_resolved') }}
),

{# A browser on which one customer logs in is theirs in the brands in which the ledger has it. #}
owned_periods as (
    select
        periods.visitor_key as identity_key,
        identities.brand_id,
        periods.customer_id,
        coalesce(periods.valid_from, cast('0001-01-01' as timestamp)) as valid_from,
        coalesce(periods.valid_to, cast('9999-12-31' as timestamp)) as valid_to,
        periods.login_at
    from periods
    left join identities on periods.visitor_key = identities.identity_key
    where identities.brand_id is null or identities.customer_id = periods.customer_id
),

owners as (
    select
        identity_key,
        brand_id,
        customer_id,
        cast('0001-01-01' as timestamp) as valid_from,
        cast('9999-12-31' as timestamp) as valid_to,
        cast(null as timestamp) as login_at
    from identities
    where not {{ is_visitor_key('identity_key') }}
    union all
    select * from owned_periods
)

select * from owners
