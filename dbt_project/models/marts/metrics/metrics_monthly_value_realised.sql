{% set goals = var('goals') %}

with answers as (
    select * from {{ ref('fct_survey_answers') }}
),

sessions as (
    select * from {{ ref('fct_web_sessions') }}
),

visits as (
    select * from {{ ref('fct_store_visits') }}
),

orders as (
    select * from {{ ref('fct_orders') }}
),

active_months as (
    select
        customer_id,
        {{ period_start('month', 'business_date') }} as active_month,
        lead({{ period_start('month', 'business_date') }}) over (
            partition by customer_id order by {{ period_start('month', 'business_date') }}
        ) as next_active_month
    from {{ ref('int_customer_order_days') }}
    group by customer_id, {{ period_start('month', 'business_date') }}
),

business as (
    select * from {{ ref('metrics_daily_business') }}
),

customers as (
    select * from {{ ref('dim_customers') }}
),

goals as (
    {% for goal in goals %}
        select
            '{{ goal.name }}' as goal_name,
            '{{ goal.figure }}' as figure,
            cast('{{ goal.since }}' as date) as since_month,
            {{ optional_date(goal.baseline_first) }} as baseline_first_month,
            {{ optional_date(goal.baseline_last) }} as baseline_last_month,
            cast({{ "'" ~ goal.held_below ~ "'" if goal.held_below else 'null' }} as string)
                as held_below,
            cast({{ goal.smallest_change }} as double) as smallest_change
        {{ 'union all' if not loop.last }}
    {% else %}
        select
            cast(null as string) as goal_name,
            cast(null as string) as figure,
            cast(null as date) as since_month,
            cast(null as date) as baseline_first_month,
            cast(null as date) as baseline_last_month,
            cast(null as string) as held_below,
            cast(null as double) as smallest_change
        where 1 = 0
    {% endfor %}
),

months as (
    select
        month_start_date as month,
        max(month_end_date) > {{ as_of_date() }} as is_unfinished
    from {{ ref('dim_dates') }}
    group by month_start_date
),

{# What each cluster (a customer, or a day) adds to numerator and denominator of a figure. #}
observations as (
    {{ value_observations(goals) }}
),

comparisons as (
    select
        goals.*,
        months.month,
        months.is_unfinished
    from goals
    cross join months
    where months.month >= goals.since_month
),

sides as (
    select
        comparisons.goal_name,
        comparisons.month,
        case
            when comparisons.held_below is null then observations.month >= comparisons.since_month
            else left(md5(observations.customer_id), 4) >= comparisons.held_below
        end as is_after,
        observations.cluster_key,
        cast(sum(observations.numerator) as decimal(18, 4)) as numerator,
        cast(sum(observations.denominator) as decimal(18, 4)) as denominator
    from comparisons
    inner join observations
        on
            comparisons.figure = observations.figure
            and (comparisons.held_below is not null) = observations.is_by_customer
            and comparisons.month >= observations.month
            and (
                comparisons.since_month <= observations.month
                or observations.month between
                comparisons.baseline_first_month and comparisons.baseline_last_month
            )
    where
        (comparisons.held_below is null or observations.customer_id is not null)
        and (observations.known_date is null or observations.known_date < comparisons.since_month)
    group by
        comparisons.goal_name,
        comparisons.month,
        case
            when comparisons.held_below is null then observations.month >= comparisons.since_month
            else left(md5(observations.customer_id), 4) >= comparisons.held_below
        end,
        observations.cluster_key
),

summed as (
    select
        goal_name,
        month,
        is_after,
        count(*) as cluster_count,
        cast(sum(numerator) as double) as numerator,
        cast(sum(denominator) as double) as denominator,
        cast(sum(numerator * numerator) as double) as numerator_squares,
        cast(sum(numerator * denominator) as double) as products,
        cast(sum(denominator * denominator) as double) as denominator_squares
    from sides
    group by goal_name, month, is_after
),

{# A ratio of sums over clusters and its variance, by linearisation. #}
estimated as (
    select
        *,
        numerator / denominator as value,
        (
            numerator_squares
            - 2 * numerator / denominator * products
            + power(numerator / denominator, 2) * denominator_squares
        ) * cluster_count / nullif(cluster_count - 1, 0) / power(denominator, 2) as variance
    from summed
    where denominator > 0
),

compared as (
    select
        comparisons.*,
        after.value,
        before.value as baseline_value,
        after.cluster_count,
        before.cluster_count as baseline_cluster_count,
        after.value - before.value as difference,
        {{ t_quantile('nullif(least(after.cluster_count, before.cluster_count) - 1, 0)') }}
        * sqrt(greatest(after.variance + before.variance, 0)) as margin
    from comparisons
    left join estimated as after
        on
            comparisons.goal_name = after.goal_name
            and comparisons.month = after.month
            and after.is_after
    left join estimated as before
        on
            comparisons.goal_name = before.goal_name
            and comparisons.month = before.month
            and not before.is_after
),

realised as (
    select
        goal_name,
        figure,
        case when held_below is null then 'baseline' else 'holdout' end as held_against,
        case
            when
                margin is null
                or least(cluster_count, baseline_cluster_count)
                < {{ var('least_compared_clusters') }}
                then 'unsure'
            when abs(difference) + margin <= smallest_change * abs(baseline_value) then 'not real'
            when abs(difference) > margin then 'real'
            else 'unsure'
        end as verdict,
        value,
        baseline_value,
        difference,
        {{ divide('difference', 'baseline_value') }} as relative_difference,
        difference - margin as difference_low,
        difference + margin as difference_high,
        coalesce(cluster_count, 0) as cluster_count,
        coalesce(baseline_cluster_count, 0) as baseline_cluster_count,
        is_unfinished,
        month,
        since_month
    from compared
)

select * from realised
