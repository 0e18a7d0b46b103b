-- needs: sessions, store_visits
-- Carts and checkouts online that people truly began, the share of those who came as far and bought,
-- and whether the purchase was lost. How far somebody came follows from the reason that stopped them.
with bought as (
    select person, "end" as bought_at from truth.sessions where has_ordered
    union all
    select person, "end" from truth.store_visits where has_ordered
),

intents as (
    select
        session,
        channel,
        case
            when has_ordered then 5
            when intent = 'cart' then 1
            when abandonment_reason in ('size_fit', 'only_browsing', 'other') then 2
            when abandonment_reason in ('stock', 'delivery', 'comparing') then 3
            when abandonment_reason in ('payment_failed', 'technical', 'trust') then 4
            else 5
        end as step_number,
        has_ordered or exists (
            from bought where bought.person = visits.person and visits.person >= 0
            and bought.bought_at between visits.start and visits."end" + interval 1 day
        ) as is_bought,
        not has_ordered and not exists (
            from bought where bought.person = visits.person and visits.person >= 0
            and bought.bought_at between visits.start and visits."end" + interval 7 day
        ) as is_lost
    from truth.sessions as visits
    where intent in ('cart', 'checkout', 'order') and not is_bot and not is_internal
),

chances as (
    select steps.channel, steps.step_number, avg(cast(intents.is_bought as integer)) as chance
    from (select distinct channel, step_number from intents) as steps
    inner join intents
        on steps.channel = intents.channel and intents.step_number >= steps.step_number
    group by all
)

select * from intents inner join chances using (channel, step_number)
