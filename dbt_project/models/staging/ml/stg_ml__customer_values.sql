with source as (
    select * from {{ source('ml', 'customer_values') }}
),

renamed as (
    select
        customer_id,
        btyd_x,
        btyd_tx,
        btyd_t,
        mean_repeat_amount,
        probability_active_90d,
        expected_orders_90d,
        expected_orders_1y,
        expected_orders_3y,
        expected_order_value_amount,
        historic_value_amount,
        naive_value_1y_amount,
        naive_value_3y_amount,
        clv_90d_amount,
        clv_1y_amount,
        clv_3y_amount,
        model_version,
        as_of_date,
        scored_at
    from source
)

select * from renamed
