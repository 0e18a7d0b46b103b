{{ config(meta={'dagster': {'ref': {'name': 'metrics_monthly_lifecycle_transitions'}}}) }}

with moves as (
    select * from {{ ref('metrics_monthly_lifecycle_transitions') }}
),

{# Whoever reaches a state in a month leaves it, or stays, in the next one. #}
reached as (
    select
        {{ add_months('month', 1) }} as month,
        state_type,
        to_state as state,
        sum(customer_count) as customer_count
    from moves
    where month < (select max(last_moves.month) from moves as last_moves)
    group by {{ add_months('month', 1) }}, state_type, to_state
    union all
    {# ... and in the last one is where int_customer_lifecycles_assigned says. #}
    select
        cast(null as date) as month,
        'lifecycle' as state_type,
        lifecycle_stage as state,
        count(*) as customer_count
    from {{ ref('int_customer_lifecycles_assigned') }}
    group by lifecycle_stage
),

left_again as (
    select
        month,
        state_type,
        from_state as state,
        sum(customer_count) as customer_count
    from moves
    where from_state <> 'none'
    group by month, state_type, from_state
    union all
    select
        cast(null as date) as month,
        state_type,
        to_state as state,
        sum(customer_count) as customer_count
    from moves
    where
        state_type = 'lifecycle'
        and month = (select max(last_moves.month) from moves as last_moves)
    group by state_type, to_state
)

select
    coalesce(reached.month, left_again.month) as month,
    coalesce(reached.state_type, left_again.state_type) as state_type,
    coalesce(reached.state, left_again.state) as state,
    reached.customer_count as reached_count,
    left_again.customer_count as left_count
from reached
full outer join left_again
    on
        reached.month is not distinct from left_again.month
        and reached.state_type = left_again.state_type
        and reached.state = left_again.state
where reached.customer_count is distinct from left_again.customer_count
