with versions as (
    {{ latest_version(source('catalog', 'products')) }}
),

renamed as (
    select
        product_id,
        {{ brand_id() }} as brand_id,
        name as product_name,
        brand,
        department,
        category,
        subcategory,
        package_size,
        currency,
        unit_cost_amount,
        list_price_amount,
        updated_at,
        _delivery_id,
        _received_at,
        _loaded_at
    from versions
)

select * from renamed
