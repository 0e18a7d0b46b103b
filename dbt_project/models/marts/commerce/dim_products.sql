with catalog as (
    select * from {{ ref('stg_catalog__products') }}
),

sold as (
    select
        product_id,
        min(business_date) as first_sold_date,
        max(business_date) as last_sold_date
    from {{ ref('fct_order_lines') }}
    where product_id is not null
    group by product_id
),

products as (
    select
        coalesce(catalog.product_id, sold.product_id) as product_id,
        catalog.product_name,
        catalog.brand,
        catalog.department,
        catalog.category,
        catalog.subcategory,
        catalog.package_size,
        coalesce(catalog.currency, '{{ var("reporting_currency") }}') as currency,
        catalog.unit_cost_amount,
        catalog.list_price_amount,
        catalog.product_id is not null as is_in_catalog,
        sold.first_sold_date,
        sold.last_sold_date,
        catalog.updated_at
    from catalog
    full outer join sold on catalog.product_id = sold.product_id
)

select * from products
