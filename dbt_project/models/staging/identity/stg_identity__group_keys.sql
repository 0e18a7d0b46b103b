with source as (
    select * from {{ source('identity', 'group_keys') }}
),

renamed as (
    select
        identity_key as group_key,
        customer_id as customer_group_id,
        case
            when identity_key like 'household_id:%' or identity_key like 'address:%'
                then 'household'
            when identity_key like 'joint_account:%' then 'joint_account'
            else 'company'
        end as group_type,
        created_run_id,
        valid_from as known_at
    from source
)

select * from renamed
