{{ config(meta={'dagster': {'ref': {'name': 'fct_orders'}}}) }}

with receipt_lines as (
    select
        receipt_id,
        sum(gross_amount - coalesce(discount_amount, 0) - coalesce(tax_amount, 0)) as net_amount
    from {{ ref('stg_pos__receipt_lines') }}
    group by receipt_id
),

shop_lines as (
    select
        shop_order_id,
        sum(gross_amount - coalesce(discount_amount, 0) - coalesce(tax_amount, 0)) as net_amount
    from {{ ref('stg_shop__order_lines') }}
    group by shop_order_id
),

marketplace_lines as (
    select
        marketplace_order_id,
        sum(gross_amount - coalesce(discount_amount, 0) - coalesce(tax_amount, 0)) as net_amount
    from {{ ref('stg_marketplace__order_lines') }}
    group by marketplace_order_id
),

staged_orders as (
    select
        'pos' as source,
        coalesce(receipts.currency, '{{ var("reporting_currency") }}') as currency,
        coalesce(receipts.status, 'completed') as status,
        coalesce(
            receipt_lines.net_amount,
            receipts.gross_amount
            - coalesce(receipts.discount_amount, 0)
            - coalesce(receipts.tax_amount, 0),
            0
        ) as net_amount
    from {{ ref('stg_pos__receipts') }} as receipts
    left join receipt_lines on receipts.receipt_id = receipt_lines.receipt_id
    where {{ until_as_of('receipts.business_date') }}

    union all

    select
        'shop' as source,
        coalesce(orders.currency, '{{ var("reporting_currency") }}') as currency,
        orders.status,
        coalesce(
            shop_lines.net_amount,
            coalesce(orders.gross_amount, 0)
            - coalesce(orders.discount_amount, 0)
            - coalesce(orders.tax_amount, 0)
        ) as net_amount
    from {{ ref('stg_shop__orders') }} as orders
    left join shop_lines on orders.shop_order_id = shop_lines.shop_order_id
    where {{ until_as_of('orders.business_date') }}

    union all

    select
        'marketplace' as source,
        coalesce(orders.currency, '{{ var("reporting_currency") }}') as currency,
        orders.status,
        coalesce(
            marketplace_lines.net_amount,
            coalesce(orders.gross_amount, 0)
            - coalesce(orders.discount_amount, 0)
            - coalesce(orders.tax_amount, 0)
        ) as net_amount
    from {{ ref('stg_marketplace__orders') }} as orders
    left join marketplace_lines
        on orders.marketplace_order_id = marketplace_lines.marketplace_order_id
    where {{ until_as_of('orders.business_date') }}
),

staged as (
    select
        source,
        currency,
        count(*) as order_count,
        sum(case when status in ('canceled', 'unavailable') then 0 else net_amount end)
            as net_amount
    from staged_orders
    group by source, currency
),

facts as (
    select
        source,
        currency,
        count(*) as order_count,
        sum(net_revenue_amount) as net_amount
    from {{ ref('fct_orders') }}
    group by source, currency
),

compared as (
    select
        coalesce(staged.source, facts.source) as source,
        coalesce(staged.currency, facts.currency) as currency,
        staged.order_count as expected_order_count,
        facts.order_count,
        staged.net_amount as expected_net_amount,
        facts.net_amount
    from staged
    full outer join facts on staged.source = facts.source and staged.currency = facts.currency
)

select * from compared
where
    coalesce(order_count, 0) <> coalesce(expected_order_count, 0)
    or coalesce(net_amount, 0) <> coalesce(expected_net_amount, 0)
