with source as (
    select * from {{ source('identity', 'group_members') }}
),

renamed as (
    select
        member_key,
        group_key,
        role as group_role,
        rule as membership_rule,
        contract as source_contract,
        coalesce(valid_from, cast('1900-01-01' as date)) as valid_from,
        valid_to
    from source
)

select * from renamed
