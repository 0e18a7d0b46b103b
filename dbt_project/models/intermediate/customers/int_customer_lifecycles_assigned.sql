with cadences as (
    select * from {{ ref('int_customer_cadences_summarised') }}
),

assigned as (
    select
        customer_id,
        case
            when
                {{ days_between('first_order_date', as_of_date()) }}
                <= {{ var('new_customer_days') }}
                then 'new'
            when longest_recent_gap_days > lapse_after_days then 'resurrected'
            when
                days_since_last_order > {{ var('churned_gap_multiple') }} * lapse_after_days
                then 'churned'
            when days_since_last_order > lapse_after_days then 'lapsed'
            when overdue_ratio > {{ var('at_risk_overdue_ratio') }} then 'at risk'
            else 'active'
        end as lifecycle_stage
    from cadences
)

select * from assigned
