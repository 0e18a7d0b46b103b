with changes as (
    select * from {{ ref('stg_identity__changes') }}
),

moved as (
    select
        identity_key,
        customer_id,
        previous_customer_id
    from changes
)

select * from moved
