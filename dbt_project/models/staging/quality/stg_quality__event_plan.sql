with source as (
    select * from {{ source('quality', 'event_plan') }}
),

renamed as (
    select
        source,
        extract,
        event_type,
        release,
        finding,
        property,
        event_count,
        events_of_type as events_of_type_count,
        business_date
    from source
)

select * from renamed
