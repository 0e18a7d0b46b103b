with source as (
    select * from {{ source('identity', 'moved_keys') }}
),

renamed as (
    select identity_key
    from source
)

select * from renamed
