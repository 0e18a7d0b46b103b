with source as (
    select * from {{ source('identity', 'erased_keys') }}
),

renamed as (
    select identity_key from source
)

select * from renamed
