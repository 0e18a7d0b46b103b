with source as (
    select * from {{ source('quality', 'sources') }}
),

renamed as (
    select
        source,
        extract,
        source || '/' || extract as contract,
        description,
        purpose,
        owner,
        mode,
        channel as channel_id,
        journey_stage,
        data_type,
        stale_reason,
        rows_loaded,
        rows_superseded,
        age_days,
        allowed_age_days,
        is_stale,
        last_received_at
    from source
)

select * from renamed
