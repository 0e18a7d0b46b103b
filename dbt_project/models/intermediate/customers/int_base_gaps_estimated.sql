with order_days as (
    select * from {{ ref('int_customer_order_days') }}
),

closed_gaps as (
    select gap_days
    from order_days
    where gap_days is not null
),

open_gaps as (
    select {{ days_between('business_date', as_of_date()) }} as gap_days
    from order_days
    where next_business_date is null
),

gaps as (
    select
        gap_days,
        1 as closed_count
    from closed_gaps
    union all
    select
        gap_days,
        0 as closed_count
    from open_gaps
),

by_length as (
    select
        gap_days,
        cast(sum(closed_count) as double) as closed_count,
        cast(count(*) as double) as ended_count
    from gaps
    group by gap_days
),

at_risk as (
    select
        gap_days,
        closed_count,
        sum(ended_count) over (order by gap_days desc) as at_risk_count
    from by_length
),

survival as (
    select
        gap_days,
        exp(sum(ln(greatest(1 - closed_count / at_risk_count, 1e-12))) over (order by gap_days))
            as open_rate
    from at_risk
),

survival_percentile as (
    select min(gap_days) as gap_days
    from survival
    where open_rate <= 0.05
),

closed_percentiles as (
    select
        count(*) as gap_count,
        {{ percentile('gap_days', 0.5) }} as median_gap_days,
        cast({{ percentile_discrete('gap_days', 0.95) }} as integer) as p95_gap_days
    from closed_gaps
),

estimated as (
    select
        cast({{ as_of_date() }} as date) as as_of_date,
        closed_percentiles.gap_count,
        closed_percentiles.median_gap_days,
        cast(
            coalesce(
                survival_percentile.gap_days,
                closed_percentiles.p95_gap_days,
                {{ var('default_lapse_days') }}
            ) as integer
        ) as p95_gap_days
    from closed_percentiles
    cross join survival_percentile
)

select * from estimated
