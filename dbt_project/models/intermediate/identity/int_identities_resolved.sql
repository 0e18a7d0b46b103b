with customer_keys as (
    select * from {{ ref('stg_identity__customer_keys') }}
),

resolved as (
    select
        identity_key,
        customer_id,
        case when identity_key like 'loyalty_id:%' then substring(identity_key, 12) end
            as loyalty_id
    from customer_keys
)

select * from resolved
