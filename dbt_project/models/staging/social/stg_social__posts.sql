with versions as (
    {{ latest_version(source('social', 'posts')) }}
),

renamed as (
    select
        network,
        post_id,
        reply_to_post_id,
        {{ brand_id() }} as brand_id,
        handle,
        handle_normalised,
        text,
        language,
        like_count,
        share_count,
        is_about_company,
        {{ business_date('posted_at') }} as business_date,
        posted_at,
        collected_at,
        _delivery_id,
        _received_at,
        _loaded_at
    from versions
)

select * from renamed
