with source as (
    select * from {{ source('identity', 'hubs') }}
),

renamed as (
    select
        identity_key,
        tied_count
    from source
)

select * from renamed
