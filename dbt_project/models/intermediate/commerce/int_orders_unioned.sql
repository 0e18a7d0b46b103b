with receipts as (
    select
        'pos' as source,
        receipt_id as source_order_id,
        {{ identity_key(none, 'loyalty_id') }} as identity_key,
        store_id,
        'store' as channel,
        'till' as sales_method,
        coalesce(status, 'completed') as status,
        payment_method,
        currency,
        cast(null as string) as coupon_code,
        brand_id,
        gross_amount,
        discount_amount,
        tax_amount,
        cast(null as decimal(18, 4)) as shipping_amount,
        business_date,
        sold_at as ordered_at,
        cast(null as timestamp) as delivered_at,
        cast(null as timestamp) as estimated_delivery_at,
        known_at,
        is_late
    from {{ ref('stg_pos__receipts') }}
),

shop_orders as (
    select
        'shop' as source,
        shop_order_id as source_order_id,
        {{ identity_key('shop_customer_id', 'loyalty_id', 'email_normalised') }} as identity_key,
        cast(null as string) as store_id,
        case when sales_method = 'phone' then 'phone' else 'online' end as channel,
        coalesce(sales_method, 'web') as sales_method,
        status,
        cast(null as string) as payment_method,
        currency,
        coupon_code,
        brand_id,
        gross_amount,
        discount_amount,
        tax_amount,
        shipping_amount,
        business_date,
        ordered_at,
        delivered_at,
        estimated_delivery_at,
        known_at,
        is_late
    from {{ ref('stg_shop__orders') }}
),

marketplace_orders as (
    select
        'marketplace' as source,
        marketplace_order_id as source_order_id,
        {# A marketplace hands over no account and no card, an e-mail address at most. #}
        {{ identity_key(none, none, 'email_normalised') }} as identity_key,
        cast(null as string) as store_id,
        'online' as channel,
        'marketplace' as sales_method,
        status,
        cast(null as string) as payment_method,
        currency,
        cast(null as string) as coupon_code,
        brand_id,
        gross_amount,
        discount_amount,
        tax_amount,
        shipping_amount,
        business_date,
        ordered_at,
        cast(null as timestamp) as delivered_at,
        cast(null as timestamp) as estimated_delivery_at,
        known_at,
        is_late
    from {{ ref('stg_marketplace__orders') }}
),

unioned as (
    select * from receipts
    union all
    select * from shop_orders
    union all
    select * from marketplace_orders
),

identities as (
    select * from {{ ref('int_identities_resolved') }}
),

erased_keys as (
    select * from {{ ref('stg_identity__erased_keys') }}
),

identified as (
    select
        unioned.source || ':' || unioned.source_order_id as order_id,
        unioned.source,
        unioned.source_order_id,
        unioned.brand_id,
        {{ of_owner('customer_id') }} as customer_id,
        case when erased_keys.identity_key is null then unioned.identity_key end
            as identity_key,
        unioned.store_id,
        unioned.channel,
        unioned.sales_method,
        unioned.status,
        unioned.payment_method,
        coalesce(unioned.currency, '{{ var("reporting_currency") }}') as currency,
        unioned.coupon_code,
        unioned.gross_amount,
        unioned.discount_amount,
        unioned.tax_amount,
        unioned.shipping_amount,
        unioned.status not in ('canceled', 'unavailable') as is_valid,
        unioned.business_date,
        unioned.ordered_at,
        unioned.delivered_at,
        unioned.estimated_delivery_at,
        unioned.known_at,
        unioned.is_late
    from unioned
    {{ join_owners('identities', 'unioned') }}
    left join erased_keys on unioned.identity_key = erased_keys.identity_key
    where {{ until_as_of('unioned.business_date') }}
)

select * from identified
