with orders as (
    select * from {{ ref('int_orders_unioned') }}
),

rates as (
    select * from {{ ref('stg_finance__exchange_rates') }}
    where reporting_currency = '{{ var("reporting_currency") }}'
),

cost_currencies as (
    select distinct currency from {{ ref('stg_catalog__products') }}
),

{# What was ordered in a currency, what its goods cost in another, and what advertising cost. #}
spent as (
    select
        currency,
        business_date
    from orders
    union
    select
        cost_currencies.currency,
        orders.business_date
    from orders
    cross join cost_currencies
    union
    select
        currency,
        cost_date as business_date
    from {{ ref('stg_marketing__ad_costs') }}
),

foreign_dates as (
    select
        currency,
        business_date
    from spent
    where currency <> '{{ var("reporting_currency") }}'
),

candidates as (
    select
        foreign_dates.currency,
        foreign_dates.business_date,
        rates.exchange_rate,
        rates.rate_date,
        row_number() over (
            partition by foreign_dates.currency, foreign_dates.business_date
            order by rates.rate_date desc
        ) as age_rank
    from foreign_dates
    inner join rates
        on
            foreign_dates.currency = rates.currency
            and foreign_dates.business_date >= rates.rate_date
            and {{ days_between('rates.rate_date', 'foreign_dates.business_date') }}
            <= {{ var('exchange_rate_max_age_days') }}
),

filled as (
    select
        currency,
        business_date,
        exchange_rate,
        rate_date
    from candidates
    where age_rank = 1
)

select * from filled
