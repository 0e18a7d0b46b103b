{# Open ends are filled in, so that a join by plain comparisons finds the owner at a time. #}
with identities as (
    select
        identity_key,
        customer_id,
        cast('0001-01-01' as timestamp) as valid_from,
        cast('9999-12-31' as timestamp) as valid_to
    from {{ ref('int_identities_resolved') }}
    where not {{ is_visitor_key('identity_key') }}
),

periods as (
    select
        visitor_key as identity_key,
        customer_id,
        coalesce(valid_from, cast('0001-01-01' as timestamp)) as valid_from,
        coalesce(valid_to, cast('9999-12-31' as timestamp)) as valid_to
    from {{ ref('int_visitor_periods_resolved') }}
),

owners as (
    select * from identities
    union all
    select * from periods
)

select * from owners
