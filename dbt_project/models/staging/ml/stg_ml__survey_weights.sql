with source as (
    select * from {{ source('ml', 'survey_weights') }}
),

renamed as (
    select
        response_id,
        response_probability,
        weight,
        unexplained_odds_ratio,
        model_version,
        as_of_date,
        scored_at
    from source
)

select * from renamed
