with source as (
    select * from {{ source('ml', 'published_outputs') }}
),

numbered as (
    select
        customer_id,
        attribute,
        attribute_value,
        as_of_date,
        known_at,
        run_id,
        row_number() over (
            partition by customer_id, attribute, as_of_date order by run_id desc
        ) as version_rank
    from source
),

renamed as (
    select
        customer_id,
        attribute,
        attribute_value,
        as_of_date,
        known_at,
        run_id
    from numbered
    where version_rank = 1
)

select * from renamed
