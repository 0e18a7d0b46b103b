with source as (
    select * from {{ source('ml', 'customer_rfm') }}
),

renamed as (
    select
        customer_id,
        rfm_segment,
        recency_days,
        order_day_count,
        net_revenue_amount,
        recency_score,
        frequency_score,
        monetary_score,
        model_version,
        as_of_date,
        scored_at
    from source
)

select * from renamed
