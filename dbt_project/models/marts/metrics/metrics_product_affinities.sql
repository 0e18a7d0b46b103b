{% set least_share = var('affinity_least_basket_share') %}
with baskets as (
    select order_id
    from {{ ref('fct_orders') }}
    where
        is_valid
        and business_date > {{ add_days(as_of_date(), -var('affinity_days')) }}
),

lines as (
    select
        lines.order_id,
        lines.product_id,
        coalesce(products.category, products.department) as category
    from {{ ref('fct_order_lines') }} as lines
    inner join baskets on lines.order_id = baskets.order_id
    left join {{ ref('dim_products') }} as products on lines.product_id = products.product_id
    where not lines.is_return and lines.gross_amount > 0
),

items as (
    select distinct
        'product' as item_level,
        order_id,
        product_id as item_id
    from lines
    where product_id is not null
    union all
    select distinct
        'category' as item_level,
        order_id,
        category as item_id
    from lines
    where category is not null
),

basket_counts as (
    select
        item_level,
        count(distinct order_id) as basket_count
    from items
    group by item_level
),

{# An item in too few baskets is in no pair that is in enough: left out, it costs nothing. #}
frequent_items as (
    select
        items.item_level,
        items.item_id
    from items
    inner join basket_counts on items.item_level = basket_counts.item_level
    group by items.item_level, items.item_id, basket_counts.basket_count
    having
        count(*) >= greatest(
            {{ var('affinity_least_baskets') }}, {{ least_share }} * basket_counts.basket_count
        )
),

sized as (
    select
        items.item_level,
        items.order_id,
        frequent_items.item_id,
        count(frequent_items.item_id) over (
            partition by items.item_level, items.order_id
        ) as frequent_item_count
    from items
    left join frequent_items
        on items.item_level = frequent_items.item_level and items.item_id = frequent_items.item_id
),

kept as (
    select * from sized
    where frequent_item_count <= {{ var('affinity_most_items') }}
),

bases as (
    select
        item_level,
        count(distinct order_id) as basket_count
    from kept
    group by item_level
),

singles as (
    select
        item_level,
        item_id,
        count(*) as basket_count
    from kept
    where item_id is not null
    group by item_level, item_id
),

pairs as (
    select
        ones.item_level,
        ones.item_id,
        others.item_id as other_item_id,
        count(*) as pair_basket_count
    from kept as ones
    inner join kept as others
        on
            ones.item_level = others.item_level
            and ones.order_id = others.order_id
            and ones.item_id <> others.item_id
    group by ones.item_level, ones.item_id, others.item_id
    having count(*) >= {{ var('affinity_least_baskets') }}
),

affinities as (
    select
        pairs.item_level,
        pairs.item_id,
        pairs.other_item_id,
        bases.basket_count,
        singles.basket_count as item_basket_count,
        other_singles.basket_count as other_item_basket_count,
        pairs.pair_basket_count,
        {{ divide('pairs.pair_basket_count', 'bases.basket_count') }} as support_rate,
        {{ divide('pairs.pair_basket_count', 'singles.basket_count') }} as confidence_rate,
        {{ divide(
            'pairs.pair_basket_count * bases.basket_count',
            'singles.basket_count * other_singles.basket_count'
        ) }} as lift,
        basket_counts.basket_count - bases.basket_count as left_out_basket_count
    from pairs
    inner join bases on pairs.item_level = bases.item_level
    inner join basket_counts on pairs.item_level = basket_counts.item_level
    inner join singles
        on pairs.item_level = singles.item_level and pairs.item_id = singles.item_id
    inner join singles as other_singles
        on
            pairs.item_level = other_singles.item_level
            and pairs.other_item_id = other_singles.item_id
)

select * from affinities
