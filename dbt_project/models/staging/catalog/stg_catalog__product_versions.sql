with versions as (
    {{ all_versions(source('catalog', 'products'), ['product_id'], 'updated_at') }}
),

renamed as (
    select
        product_id,
        _version_number as version_number,
        currency,
        list_price_amount,
        coalesce(_is_deleted, false) as is_deleted,
        {{ business_date('updated_at') }} as business_date,
        updated_at,
        _received_at
    from versions
)

select * from renamed
