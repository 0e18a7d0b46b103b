with payments as (
    select
        *,
        row_number() over (
            partition by shop_order_id
            order by payment_amount desc, payment_number asc
        ) as size_rank
    from {{ ref('stg_shop__payments') }}
),

summarised as (
    select
        'shop:' || shop_order_id as order_id,
        max(case when size_rank = 1 then payment_method end) as payment_method,
        count(*) as payment_count,
        max(installment_count) as installment_count,
        {{ as_amount('sum(payment_amount)') }} as paid_amount
    from payments
    group by shop_order_id
)

select * from summarised
