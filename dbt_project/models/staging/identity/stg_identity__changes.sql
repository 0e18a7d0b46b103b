with source as (
    select * from {{ source('identity', 'changes') }}
),

renamed as (
    select
        identity_key,
        customer_id,
        previous_customer_id
    from source
)

select * from renamed
