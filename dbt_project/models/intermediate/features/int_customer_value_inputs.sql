with order_days as (
    select * from {{ ref('int_customer_order_days') }}
),

inputs as (
    {{ btyd_inputs('order_days', as_of_date()) }}
)

select * from inputs
