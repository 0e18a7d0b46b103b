{# Judged by the gaps known on the as-of date, so that the last month agrees with customer_360. #}
with order_days as (
    select * from {{ ref('int_customer_order_days') }}
),

cadences as (
    select * from {{ ref('int_customer_cadences_summarised') }}
),

months as (
    select
        month_start_date,
        least(max(month_end_date), {{ as_of_date() }}) as seen_date
    from {{ ref('dim_dates') }}
    group by month_start_date
),

known_days as (
    select
        order_days.customer_id,
        order_days.business_date,
        order_days.next_business_date,
        cadences.first_order_date,
        cadences.expected_gap_days,
        cadences.lapse_after_days,
        max(
            case
                when order_days.gap_days > cadences.lapse_after_days then order_days.business_date
            end
        ) over (
            partition by order_days.customer_id order by order_days.business_date
            rows between unbounded preceding and current row
        ) as last_comeback_date
    from order_days
    inner join cadences on order_days.customer_id = cadences.customer_id
),

{# One row per customer and month from the first order on, with the last order day by its end. #}
positions as (
    select
        known_days.*,
        months.month_start_date,
        months.seen_date,
        {{ days_between('known_days.business_date', 'months.seen_date') }} as days_since_last_order,
        known_days.business_date >= months.month_start_date as is_active
    from months
    inner join known_days
        on
            months.seen_date >= known_days.business_date
            and (
                known_days.next_business_date is null
                or months.seen_date < known_days.next_business_date
            )
),

staged as (
    select
        customer_id,
        month_start_date,
        is_active,
        first_order_date >= month_start_date as is_acquired,
        lag(is_active) over (partition by customer_id order by month_start_date) as was_active,
        case
            when
                {{ days_between('first_order_date', 'seen_date') }}
                <= {{ var('new_customer_days') }}
                then 'new'
            when
                {{ days_between('last_comeback_date', 'seen_date') }}
                <= {{ var('new_customer_days') }}
                then 'resurrected'
            when days_since_last_order > {{ var('churned_gap_multiple') }} * lapse_after_days
                then 'churned'
            when days_since_last_order > lapse_after_days then 'lapsed'
            when days_since_last_order > {{ var('at_risk_overdue_ratio') }} * expected_gap_days
                then 'at risk'
            else 'active'
        end as lifecycle_state
    from positions
),

engaged as (
    select
        *,
        case
            when is_acquired then 'new'
            when is_active and was_active then 'returning'
            when is_active then 'resurrecting'
            when was_active then 'dormant'
            else 'inactive'
        end as engagement_state
    from staged
),

moved as (
    select
        {% for state in ['lifecycle_state', 'engagement_state'] %}
            {{ state }},
            lag({{ state }}, 1, 'none') over (
                partition by customer_id order by month_start_date
            ) as previous_{{ state }},
        {% endfor %}
        month_start_date
    from engaged
),

counted as (
    {% for state_type in ['lifecycle', 'engagement'] %}
        select
            month_start_date as month,
            '{{ state_type }}' as state_type,
            previous_{{ state_type }}_state as from_state,
            {{ state_type }}_state as to_state,
            count(*) as customer_count
        from moved
        group by
            month_start_date, previous_{{ state_type }}_state, {{ state_type }}_state
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

transitions as (
    select
        *,
        sum(customer_count) over (partition by month, state_type, from_state)
            as from_customer_count,
        {{ month_end('month') }} > {{ as_of_date() }} as is_unfinished
    from counted
),

rated as (
    select
        month,
        state_type,
        from_state,
        to_state,
        customer_count,
        {{ divide('customer_count', 'from_customer_count') }} as transition_rate,
        is_unfinished
    from transitions
)

select * from rated
