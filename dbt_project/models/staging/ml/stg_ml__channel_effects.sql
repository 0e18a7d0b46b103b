with source as (
    select * from {{ source('ml', 'channel_effects') }}
),

renamed as (
    select
        channel_group,
        removal_effect,
        credit_share,
        model_version,
        month,
        as_of_date,
        scored_at
    from source
)

select * from renamed
