with order_currencies as (
    select distinct
        currency,
        business_date
    from {{ ref('int_orders_unioned') }}
),

competitor_currencies as (
    select distinct
        currency,
        observed_date as business_date
    from {{ ref('stg_market__competitor_prices') }}
),

product_currencies as (
    select distinct currency from {{ ref('stg_catalog__products') }}
),

{# What an own product costs is held against what it was sold for and what others ask for it. #}
product_dates as (
    select business_date from order_currencies
    union
    select business_date from competitor_currencies
),

used as (
    select * from order_currencies
    union
    select * from competitor_currencies
    union
    select
        product_currencies.currency,
        product_dates.business_date
    from product_currencies
    cross join product_dates
    union
    select
        currency,
        cost_date as business_date
    from {{ ref('stg_marketing__ad_costs') }}
    union
    select
        currency,
        start_date as business_date
    from {{ ref('stg_marketing__campaigns') }}
    where cost_amount is not null
),

rates as (
    select * from {{ ref('stg_finance__exchange_rates') }}
    where reporting_currency = '{{ var("reporting_currency") }}'
),

foreign_dates as (
    select
        currency,
        business_date
    from used
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
