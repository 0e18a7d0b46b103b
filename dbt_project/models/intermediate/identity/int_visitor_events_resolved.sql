{# Plain comparisons make it a hash join: open ends are filled in, and a login needs no period. #}
with events as (
    select
        *,
        case when account_key is null then visitor_key end as unnamed_visitor_key
    from {{ ref('int_visitor_events_unioned') }}
),

identities as (
    select * from {{ ref('int_identities_resolved') }}
),

periods as (
    select
        visitor_key,
        customer_id,
        coalesce(valid_from, cast('0001-01-01' as timestamp)) as valid_from,
        coalesce(valid_to, cast('9999-12-31' as timestamp)) as valid_to,
        login_at
    from {{ ref('int_visitor_periods_resolved') }}
),

joined as (
    select
        events.*,
        coalesce(identities.customer_id, periods.customer_id) as customer_id,
        coalesce(periods.login_at > events.event_at, false) as is_before_login
    from events
    left join identities on events.account_key = identities.identity_key
    left join periods
        on
            events.unnamed_visitor_key = periods.visitor_key
            and events.event_at >= periods.valid_from
            and events.event_at < periods.valid_to
),

resolved as (
    select
        source,
        event_id,
        visitor_key,
        coalesce(account_key, visitor_key) as identity_key,
        customer_id,
        case when customer_id is null then visitor_key end as anonymous_visitor_key,
        is_before_login,
        business_date,
        event_at
    from joined
)

select * from resolved
