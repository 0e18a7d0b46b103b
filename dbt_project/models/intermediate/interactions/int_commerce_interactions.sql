{# Orders bring no money here: it depends on lines and products, and is joined in the mart. #}
with receipts as (
    {{ interaction(
        ref('stg_pos__receipts'), 'pos/receipts', "'order'", 'receipt_id', 'sold_at',
        given={
            'identity_key': identity_key(none, 'loyalty_id'),
            'order_key': "'pos:' || receipt_id",
            'store_id': 'store_id',
            'channel_detail': "'till'",
            'outcome': 'status',
        },
    ) }}
),

{% set order = {
    'identity_key': identity_key('shop_customer_id', 'loyalty_id', 'email_normalised'),
    'order_key': "'shop:' || shop_order_id",
    'channel_detail': "coalesce(sales_method, 'web')",
} %}
shop_orders as (
    {{ interaction(
        ref('stg_shop__orders'), 'shop/orders', "'order'", 'shop_order_id', 'ordered_at',
        given=dict(order, outcome='status'), details=['coupon_code'],
    ) }}
),

deliveries as (
    {{ interaction(
        ref('stg_shop__orders'), 'shop/orders', "'delivery'", 'shop_order_id', 'delivered_at',
        given=dict(order, direction="'outbound'"), details=['estimated_delivery_at'],
    ) }}
),

marketplace_orders as (
    {{ interaction(
        ref('stg_marketplace__orders'), 'marketplace/orders', "'order'", 'marketplace_order_id',
        'ordered_at',
        given={
            'identity_key': identity_key(none, none, 'email_normalised'),
            'order_key': "'marketplace:' || marketplace_order_id",
            'channel_detail': 'marketplace',
            'outcome': 'status',
        },
    ) }}
),

payments as (
    {{ interaction(
        ref('stg_shop__payments'), 'shop/payments', "'payment'",
        "shop_order_id || ':' || cast(payment_number as string)", 'paid_at',
        given={
            'order_key': "'shop:' || shop_order_id",
            'channel_detail': 'payment_method',
            'amount': 'payment_amount',
            'currency': 'currency',
        },
        details=['installment_count'],
    ) }}
),

{% set return = {
    'identity_key': identity_key('shop_customer_id', 'loyalty_id'),
    'order_key': "coalesce('shop:' || shop_order_id, 'pos:' || receipt_id)",
    'product_id': 'product_id',
    'store_id': 'store_id',
    'channel_detail': 'return_method',
    'reason': 'return_reason',
} %}
returns as (
    {{ interaction(
        ref('stg_shop__returns'), 'shop/returns', "'return'", 'return_id', 'requested_at',
        given=dict(return, has_text='comment is not null'), details=['quantity'],
    ) }}
),

refunds as (
    {{ interaction(
        ref('stg_shop__returns'), 'shop/returns', "'refund'", 'return_id', 'refunded_at',
        given=dict(
            return, direction="'outbound'", amount='refund_amount', currency='currency'
        ),
    ) }}
),

{% set invoice = {
    'identity_key': identity_key('billing_customer_id', none),
    'order_key': "'shop:' || shop_order_id",
    'channel_detail': 'delivery_method',
    'amount': 'total_amount',
    'currency': 'currency',
} %}
invoices_issued as (
    {{ interaction(
        ref('stg_billing__invoices'), 'billing/invoices', "'invoice'", 'invoice_id', 'issued_at',
        given=dict(invoice, outcome='invoice_status'),
        details=['subscription_id', 'bill_run_id', 'due_date'],
    ) }}
),

invoices_paid as (
    {{ interaction(
        ref('stg_billing__invoices'), 'billing/invoices', "'invoice_paid'", 'invoice_id',
        'paid_at', given=dict(invoice, direction="'inbound'"), details=['subscription_id'],
    ) }}
),

{% set subscription = {
    'identity_key': identity_key('subscriptions_customer_id', none),
    'product_id': 'product_id',
    'amount': 'price_amount',
    'currency': 'currency',
} %}
subscriptions_started as (
    {{ interaction(
        ref('stg_subscriptions__subscriptions'), 'subscriptions/subscriptions',
        "'subscription_started'", 'subscription_id', 'started_at',
        given=dict(subscription, direction="'inbound'"), details=['plan', 'billing_period'],
    ) }}
),

subscriptions_canceled as (
    {{ interaction(
        ref('stg_subscriptions__subscriptions'), 'subscriptions/subscriptions',
        "'subscription_canceled'", 'subscription_id', 'canceled_at',
        given=dict(subscription, reason='cancellation_reason'),
        details=['plan', 'is_involuntary'],
    ) }}
),

loyalty_points as (
    {{ interaction(
        ref('stg_loyalty__points'), 'loyalty/points', "'points_' || entry_type", 'entry_id',
        'booked_at',
        given={
            'identity_key': identity_key(none, 'loyalty_id'),
            'order_key': "coalesce('shop:' || shop_order_id, 'pos:' || receipt_id)",
        },
        details=['points'],
    ) }}
),

unioned as (
    select * from receipts
    union all
    select * from shop_orders
    union all
    select * from deliveries
    union all
    select * from marketplace_orders
    union all
    select * from payments
    union all
    select * from returns
    union all
    select * from refunds
    union all
    select * from invoices_issued
    union all
    select * from invoices_paid
    union all
    select * from subscriptions_started
    union all
    select * from subscriptions_canceled
    union all
    select * from loyalty_points
)

select * from unioned
