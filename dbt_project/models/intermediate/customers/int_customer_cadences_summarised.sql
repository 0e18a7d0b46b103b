with order_days as (
    select * from {{ ref('int_customer_order_days') }}
),

base as (
    select * from {{ ref('int_base_gaps_estimated') }}
),

own_gaps as (
    select
        customer_id,
        count(*) as order_day_count,
        count(gap_days) as gap_count,
        {{ percentile('gap_days', 0.5) }} as median_gap_days,
        avg(cast(gap_days as double)) as mean_gap_days,
        stddev_samp(cast(gap_days as double)) as deviation_gap_days,
        {{ percentile_discrete('gap_days', 0.95) }} as own_p95_gap_days,
        max(
            case
                when
                    {{ days_between('business_date', as_of_date()) }}
                    <= {{ var('new_customer_days') }}
                    then gap_days
            end
        ) as longest_recent_gap_days,
        min(business_date) as first_order_date,
        max(business_date) as last_order_date,
        {{ days_between('max(business_date)', as_of_date()) }} as days_since_last_order
    from order_days
    group by customer_id
),

expected as (
    select
        own_gaps.*,
        coalesce(
            (
                own_gaps.gap_count * own_gaps.median_gap_days
                + {{ var('prior_gap_count') }} * base.median_gap_days
            )
            / (own_gaps.gap_count + {{ var('prior_gap_count') }}),
            base.median_gap_days
        ) as expected_gap_days,
        cast(
            case
                when
                    own_gaps.gap_count >= {{ var('own_percentile_gap_count') }}
                    then own_gaps.own_p95_gap_days
                else base.p95_gap_days
            end as integer
        ) as lapse_after_days
    from own_gaps
    cross join base
),

summarised as (
    select
        customer_id,
        order_day_count,
        gap_count,
        days_since_last_order,
        median_gap_days,
        mean_gap_days,
        {{ divide('deviation_gap_days', 'mean_gap_days') }} as gap_variation_rate,
        expected_gap_days,
        {{ divide('days_since_last_order', 'expected_gap_days') }} as overdue_ratio,
        lapse_after_days,
        longest_recent_gap_days,
        first_order_date,
        last_order_date,
        {{ add_days('last_order_date', 'round(expected_gap_days)') }} as expected_next_order_date
    from expected
)

select * from summarised
