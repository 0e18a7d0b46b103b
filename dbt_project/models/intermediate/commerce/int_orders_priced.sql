with orders as (
    select * from {{ ref('int_orders_unioned') }}
),

lines as (
    select * from {{ ref('int_order_lines_priced') }}
),

rates as (
    select * from {{ ref('int_exchange_rates_filled') }}
),

line_totals as (
    select
        order_id,
        count(*) as line_count,
        sum(case when is_return then 0 else quantity end) as unit_count,
        sum(case when is_return then abs(quantity) else 0 end) as returned_unit_count,
        sum(gross_amount) as gross_amount,
        sum(discount_amount) as discount_amount,
        sum(returns_amount) as returns_amount,
        sum(tax_amount) as tax_amount,
        sum(shipping_amount) as shipping_amount,
        case when count(*) = count(goods_cost_amount) then sum(goods_cost_amount) end
            as goods_cost_amount
    from lines
    group by order_id
),

header_totals as (
    select
        order_id,
        0 as line_count,
        0 as unit_count,
        0 as returned_unit_count,
        greatest(coalesce(gross_amount, 0), 0) as gross_amount,
        case when gross_amount < 0 then 0 else coalesce(discount_amount, 0) end as discount_amount,
        case
            when gross_amount < 0 then coalesce(discount_amount, 0) - gross_amount else 0
        end as returns_amount,
        tax_amount,
        coalesce(shipping_amount, 0) as shipping_amount,
        cast(null as decimal(18, 4)) as goods_cost_amount
    from orders
    where order_id not in (select line_totals.order_id from line_totals)
),

totals as (
    select * from line_totals
    union all
    select * from header_totals
),

priced as (
    select
        orders.order_id,
        cast(totals.line_count as bigint) as line_count,
        {{ as_amount('totals.unit_count') }} as unit_count,
        {{ as_amount('totals.returned_unit_count') }} as returned_unit_count,
        {{ as_amount('totals.gross_amount') }} as gross_amount,
        {{ as_amount('totals.discount_amount') }} as discount_amount,
        {{ as_amount('totals.returns_amount') }} as returns_amount,
        {{ as_amount('totals.tax_amount') }} as tax_amount,
        {{ as_amount('totals.shipping_amount') }} as shipping_amount,
        {{ as_amount('totals.goods_cost_amount') }} as goods_cost_amount,
        {{ as_amount(
            'case when orders.is_valid then totals.gross_amount - totals.discount_amount'
            ~ ' - totals.returns_amount - coalesce(totals.tax_amount, 0) else 0 end'
        ) }} as net_revenue_amount,
        cast(
            case
                when orders.currency = '{{ var("reporting_currency") }}' then 1
                else rates.exchange_rate
            end as decimal(18, 8)
        ) as exchange_rate,
        orders.is_valid
    from orders
    inner join totals on orders.order_id = totals.order_id
    left join rates
        on orders.currency = rates.currency and orders.business_date = rates.business_date
),

with_margin as (
    select
        *,
        case when is_valid then {{ as_amount('net_revenue_amount - goods_cost_amount') }} end
            as margin_amount
    from priced
),

converted as (
    select
        order_id,
        line_count,
        unit_count,
        returned_unit_count,
        gross_amount,
        discount_amount,
        returns_amount,
        tax_amount,
        shipping_amount,
        net_revenue_amount,
        goods_cost_amount,
        margin_amount,
        exchange_rate,
        {{ to_reporting('gross_amount') }} as gross_amount_reporting,
        {{ to_reporting('discount_amount') }} as discount_amount_reporting,
        {{ to_reporting('returns_amount') }} as returns_amount_reporting,
        {{ to_reporting('tax_amount') }} as tax_amount_reporting,
        {{ to_reporting('shipping_amount') }} as shipping_amount_reporting,
        {{ to_reporting('net_revenue_amount') }} as net_revenue_amount_reporting,
        {{ to_reporting('goods_cost_amount') }} as goods_cost_amount_reporting,
        case
            when margin_amount is not null
                then
                    {{ to_reporting('net_revenue_amount') }}
                    - {{ to_reporting('goods_cost_amount') }}
        end as margin_amount_reporting
    from with_margin
)

select * from converted
