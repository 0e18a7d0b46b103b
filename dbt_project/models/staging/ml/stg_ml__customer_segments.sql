with versions as (
    select
        *,
        row_number() over (
            partition by customer_id
            order by as_of_date desc, scored_at desc, model_version desc
        ) as _version_rank
    from {{ source('ml', 'customer_segments') }}
    where {{ until_as_of('as_of_date') }}
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
    from versions
    where _version_rank = 1
)

select * from renamed
