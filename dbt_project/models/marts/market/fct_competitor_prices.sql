with observations as (
    select
        competitor,
        product_id,
        brand_id,
        coalesce(currency, '{{ var("reporting_currency") }}') as currency,
        price_amount,
        coalesce(is_promotion, false) as is_promotion,
        observed_date
    from {{ ref('stg_market__competitor_prices') }}
    where {{ until_as_of('observed_date') }}
),

products as (
    select * from {{ ref('stg_catalog__products') }}
),

rates as (
    select * from {{ ref('int_exchange_rates_filled') }}
),

{# A list price holds until the next version; the oldest one from the beginning. #}
own_prices as (
    select
        product_id,
        coalesce(currency, '{{ var("reporting_currency") }}') as currency,
        list_price_amount,
        case when version_number > 1 then business_date end as first_date,
        lead(business_date) over (partition by product_id order by version_number) as next_date
    from {{ ref('stg_catalog__product_versions') }}
    where not is_deleted
),

converted as (
    select
        observations.competitor,
        observations.product_id,
        observations.brand_id,
        products.category,
        observations.currency,
        observations.price_amount,
        case
            when observations.currency = '{{ var("reporting_currency") }}'
                then observations.price_amount
            else {{ to_reporting('observations.price_amount', 'rates.exchange_rate') }}
        end as price_amount_reporting,
        case
            when own_prices.currency = '{{ var("reporting_currency") }}'
                then own_prices.list_price_amount
            else {{ to_reporting('own_prices.list_price_amount', 'own_rates.exchange_rate') }}
        end as own_price_amount_reporting,
        case
            when observations.currency = own_prices.currency
                then {{ divide('observations.price_amount', 'own_prices.list_price_amount') }}
        end as price_ratio_in_currency,
        products.product_id is not null as is_in_catalog,
        observations.is_promotion,
        observations.observed_date
    from observations
    left join products on observations.product_id = products.product_id
    left join own_prices
        on
            observations.product_id = own_prices.product_id
            and (
                own_prices.first_date is null
                or observations.observed_date >= own_prices.first_date
            )
            and (own_prices.next_date is null or observations.observed_date < own_prices.next_date)
    left join rates
        on
            observations.currency = rates.currency
            and observations.observed_date = rates.business_date
    left join rates as own_rates
        on
            own_prices.currency = own_rates.currency
            and observations.observed_date = own_rates.business_date
),

prices as (
    select
        competitor,
        product_id,
        brand_id,
        category,
        currency,
        price_amount,
        '{{ var("reporting_currency") }}' as reporting_currency,
        price_amount_reporting,
        own_price_amount_reporting,
        round(
            coalesce(
                price_ratio_in_currency,
                {{ divide('price_amount_reporting', 'own_price_amount_reporting') }}
            ), 8
        ) as price_ratio,
        is_promotion,
        is_in_catalog,
        observed_date as business_date
    from converted
)

select * from prices
