with source as (
    select * from {{ source('ml', 'customer_segments') }}
),

renamed as (
    select
        customer_id,
        segment_id,
        segment_name,
        distance as segment_distance,
        model_version,
        as_of_date,
        scored_at
    from source
)

select * from renamed
