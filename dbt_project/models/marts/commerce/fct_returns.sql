{#
    A slip belongs to a line of the order that it names. A till takes goods back on a receipt of its own, which no
    slip names: there it is known by what came back where, when and for how much.
#}
with orders as (
    select * from {{ ref('fct_orders') }}
),

lines as (
    select
        order_id,
        line_number,
        product_id,
        abs(quantity) as quantity,
        returns_amount,
        -tax_amount as tax_amount,
        -net_revenue_amount as net_amount,
        returns_amount_reporting,
        -net_revenue_amount_reporting as net_amount_reporting,
        -estimated_margin_amount_reporting as estimated_margin_amount_reporting
    from {{ ref('fct_order_lines') }}
    where is_return
    union all
    select
        order_id,
        0 as line_number,
        cast(null as string) as product_id,
        cast(null as decimal(18, 4)) as quantity,
        returns_amount,
        -tax_amount as tax_amount,
        -net_revenue_amount as net_amount,
        returns_amount_reporting,
        -net_revenue_amount_reporting as net_amount_reporting,
        -estimated_margin_amount_reporting as estimated_margin_amount_reporting
    from orders
    where line_count = 0 and returns_amount > 0
),

carried as (
    select
        lines.*,
        orders.customer_id,
        orders.store_id,
        orders.brand_id,
        orders.channel,
        orders.currency,
        orders.is_valid,
        orders.business_date as carried_date,
        case
            when orders.channel = 'store'
                then {{ counter_key(
                    'orders.store_id', 'lines.product_id', 'orders.business_date', 'lines.returns_amount'
                ) }}
            else orders.order_id || '|' || lines.product_id
        end as return_key
    from lines
    inner join orders on lines.order_id = orders.order_id
),

staged_slips as (
    select
        *,
        {{ business_date('coalesce(received_back_at, refunded_at, requested_at)') }}
            as returned_date
    from {{ ref('stg_shop__returns') }}
),

slips as (
    select
        return_id,
        coalesce('shop:' || shop_order_id, 'pos:' || receipt_id) as sold_order_id,
        store_id,
        return_method,
        return_reason,
        returned_date,
        case
            when shop_order_id is null
                then {{ counter_key(
                    'store_id', 'product_id', 'returned_date', as_amount('refund_amount')
                ) }}
            else 'shop:' || shop_order_id || '|' || product_id
        end as return_key
    from staged_slips
),

numbered_lines as (
    select
        *,
        row_number() over (partition by return_key order by order_id, line_number) as key_number
    from carried
),

numbered_slips as (
    select
        *,
        row_number() over (partition by return_key order by returned_date, return_id) as key_number
    from slips
),

facts as (
    select
        carried.order_id,
        carried.line_number,
        slips.return_id,
        coalesce(sold.order_id, carried.order_id) as sold_order_id,
        carried.product_id,
        coalesce(sold.customer_id, carried.customer_id) as customer_id,
        coalesce(slips.store_id, carried.store_id) as store_id,
        carried.brand_id,
        slips.return_method,
        slips.return_reason,
        carried.currency,
        carried.quantity,
        carried.returns_amount,
        carried.tax_amount,
        carried.net_amount,
        carried.returns_amount_reporting,
        carried.net_amount_reporting,
        carried.estimated_margin_amount_reporting,
        carried.is_valid,
        slips.return_id is not null as is_returned_date_known,
        sold.order_id is not null as is_sold_order_known,
        greatest(
            least(coalesce(slips.returned_date, carried.carried_date), {{ as_of_date() }}),
            carried.carried_date
        ) as business_date,
        coalesce(sold.business_date, carried.carried_date) as sold_date
    from numbered_lines as carried
    left join numbered_slips as slips
        on carried.return_key = slips.return_key and carried.key_number = slips.key_number
    left join orders as sold
        on
            slips.sold_order_id = sold.order_id
            and sold.is_valid
            and carried.carried_date >= sold.business_date
)

select * from facts
