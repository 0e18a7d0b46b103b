with moved_keys as (
    select * from {{ ref('stg_identity__moved_keys') }}
),

identities as (
    select * from {{ ref('int_identities_resolved') }}
),

changes as (
    select
        moved_keys.identity_key,
        identities.customer_id
    from moved_keys
    left join identities on moved_keys.identity_key = identities.identity_key
)

select * from changes
