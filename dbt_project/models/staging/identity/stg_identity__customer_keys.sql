with source as (
    select * from {{ source('identity', 'customer_keys') }}
),

renamed as (
    select
        identity_key,
        customer_id,
        founding_key,
        created_run_id,
        valid_from_event,
        valid_from
    from source
)

select * from renamed
