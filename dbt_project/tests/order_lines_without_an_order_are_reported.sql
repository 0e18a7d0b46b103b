{# Lines whose order has not come, late or lost, count nowhere until it does. #}
{{ config(severity='warn') }}

with lines as (
    select * from {{ ref('int_order_lines_unioned') }}
),

orders as (
    select 'pos:' || receipt_id as order_id from {{ ref('stg_pos__receipts') }}
    union all
    select 'shop:' || shop_order_id as order_id from {{ ref('stg_shop__orders') }}
    union all
    select 'marketplace:' || marketplace_order_id as order_id
    from {{ ref('stg_marketplace__orders') }}
)

select
    lines.order_id,
    count(*) as row_count
from lines
left join orders on lines.order_id = orders.order_id
where orders.order_id is null
group by lines.order_id
