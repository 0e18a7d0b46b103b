with versions as (
    {{ latest_version(source('web', 'comments')) }}
),

renamed as (
    select
        comment_id,
        visitor_id,
        customer_id as web_customer_id,
        product_id,
        {{ brand_id() }} as brand_id,
        page_url,
        language,
        comment,
        {{ business_date('commented_at') }} as business_date,
        commented_at,
        _delivery_id,
        _received_at,
        _loaded_at
    from versions
)

select * from renamed
