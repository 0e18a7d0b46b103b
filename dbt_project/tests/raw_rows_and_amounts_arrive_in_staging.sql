{#
    Every key of raw stands in staging once; one with a tombstone may. The money of staging lies
    between the least and the most of the versions of each key, so it is equal where no key came
    twice.
#}
{% set promises = [
    (source('pos', 'receipts'), ['receipt_id'], 'gross_amount', ref('stg_pos__receipts')),
    (
        source('pos', 'receipt_lines'), ['receipt_id', 'line_number'], 'gross_amount',
        ref('stg_pos__receipt_lines'),
    ),
    (source('shop', 'orders'), ['order_id'], 'gross_amount', ref('stg_shop__orders')),
    (
        source('shop', 'order_lines'), ['order_id', 'line_number'], 'gross_amount',
        ref('stg_shop__order_lines'),
    ),
    (
        source('shop', 'payments'), ['order_id', 'payment_number'], 'payment_amount',
        ref('stg_shop__payments'),
    ),
    (
        source('marketplace', 'orders'), ['order_id'], 'gross_amount',
        ref('stg_marketplace__orders'),
    ),
    (
        source('marketplace', 'order_lines'), ['order_id', 'line_number'], 'gross_amount',
        ref('stg_marketplace__order_lines'),
    ),
] %}

with
{% for raw, key, amount, staging in promises %}
    {{ staging.identifier }}_versions as (
        select
            min(coalesce({{ amount }}, 0)) as least_amount,
            max(coalesce({{ amount }}, 0)) as most_amount,
            min(case when _is_deleted then 0 else 1 end) as least_rows,
            max(case when _is_deleted then 0 else 1 end) as most_rows
        from {{ raw }}
        group by {{ key | join(', ') }}
    ),

    {{ staging.identifier }}_delivered as (
        select
            sum(least_rows) as least_row_count,
            sum(most_rows) as most_row_count,
            sum(least_amount) as least_amount,
            sum(most_amount) as most_amount
        from {{ staging.identifier }}_versions
    ),

    {{ staging.identifier }}_staged as (
        select
            count(*) as row_count,
            sum(coalesce({{ amount }}, 0)) as amount
        from {{ staging }}
    ),
{% endfor %}

compared as (
    {% for raw, key, amount, staging in promises %}
        select
            '{{ staging.identifier }}' as model,
            coalesce(delivered.least_row_count, 0) as least_row_count,
            coalesce(delivered.most_row_count, 0) as most_row_count,
            staged.row_count,
            delivered.least_amount,
            delivered.most_amount,
            staged.amount
        from {{ staging.identifier }}_delivered as delivered
        cross join {{ staging.identifier }}_staged as staged
        {{ 'union all' if not loop.last }}
    {% endfor %}
)

select * from compared
where
    row_count < least_row_count
    or row_count > most_row_count
    or amount < least_amount
    or amount > most_amount
