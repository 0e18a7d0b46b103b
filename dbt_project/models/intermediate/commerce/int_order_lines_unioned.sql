with receipt_lines as (
    select
        'pos:' || receipt_id as order_id,
        line_number,
        product_id,
        cast(null as string) as seller_id,
        quantity,
        list_price_amount,
        gross_amount,
        discount_amount,
        tax_amount,
        cast(null as decimal(18, 4)) as shipping_amount
    from {{ ref('stg_pos__receipt_lines') }}
),

shop_order_lines as (
    select
        'shop:' || shop_order_id as order_id,
        line_number,
        product_id,
        seller_id,
        quantity,
        list_price_amount,
        gross_amount,
        discount_amount,
        tax_amount,
        shipping_amount
    from {{ ref('stg_shop__order_lines') }}
),

marketplace_order_lines as (
    select
        'marketplace:' || marketplace_order_id as order_id,
        line_number,
        product_id,
        cast(null as string) as seller_id,
        quantity,
        list_price_amount,
        gross_amount,
        discount_amount,
        tax_amount,
        cast(null as decimal(18, 4)) as shipping_amount
    from {{ ref('stg_marketplace__order_lines') }}
),

unioned as (
    select * from receipt_lines
    union all
    select * from shop_order_lines
    union all
    select * from marketplace_order_lines
)

select * from unioned
