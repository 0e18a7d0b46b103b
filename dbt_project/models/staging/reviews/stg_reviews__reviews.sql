with versions as (
    {{ latest_version(source('reviews', 'reviews')) }}
),

renamed as (
    select
        review_id,
        product_id,
        customer_id as reviews_customer_id,
        order_id as reviews_order_id,
        {{ brand_id() }} as brand_id,
        site,
        author,
        author_normalised,
        title,
        text,
        language,
        rating,
        rating_max,
        {{ business_date('reviewed_at') }} as business_date,
        reviewed_at,
        updated_at,
        _delivery_id,
        _received_at,
        _loaded_at
    from versions
)

select * from renamed
