-- needs: orders, payments, records, sessions
-- What each person with an account truly lived through from the cart to the parcel, with a perfect
-- memory of who is who: the journey online_purchase of dbt_project/journeys.yml.
with steps as (
    select person, 1 as stage, cart_at as happened_at
    from truth.sessions
    where person >= 0 and cart_at is not null
    union all
    select person, 2, placed_at from truth.orders
    union all
    select person, 3, paid_at from truth.payments inner join truth.orders using (order_id)
    union all
    select person, 4, delivered_at from truth.orders where method in ('web', 'app', 'phone')
),

seen as (
    select * from steps
    where
        happened_at < (select max(business_date) + 1 from published.marts.fct_interactions)
        and person in (select person from truth.records where source = 'crm/customers')
),

compared as (
    select
        *,
        lag(stage) over in_order = 4 as is_after_end,
        lag(happened_at) over in_order as previous_at
    from seen
    window in_order as (partition by person order by happened_at, stage)
),

chained as (
    select
        *,
        count(
            case when is_after_end or happened_at > previous_at + interval 21 day then 1 end
        ) over (
            partition by person order by happened_at, stage
            rows between unbounded preceding and current row
        ) as chain
    from compared
),

begun as (
    select
        *,
        min(case when stage = 1 then happened_at end) over (partition by person, chain)
            as started_at
    from chained
)

select
    person,
    started_at,
    min(case when stage = 2 then happened_at end) as ordered_at,
    min(case when stage = 3 then happened_at end) as paid_at,
    max(case when stage = 4 then happened_at end) as delivered_at,
    max(happened_at) as ended_at
from begun
where happened_at >= started_at
group by person, started_at
