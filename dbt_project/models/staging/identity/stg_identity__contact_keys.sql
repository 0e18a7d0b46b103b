with source as (
    select * from {{ source('identity', 'contact_keys') }}
),

renamed as (
    select
        identity_key,
        open_key
    from source
)

select * from renamed
