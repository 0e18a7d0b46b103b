with versions as (
    select
        *,
        row_number() over (
            partition by customer_id
            order by as_of_date desc, scored_at desc, model_version desc
        ) as _version_rank
    from {{ source('ml', 'customer_rfm') }}
    where {{ until_as_of('as_of_date') }}
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
    from versions
    where _version_rank = 1
)

select * from renamed
