with memberships as (
    select * from {{ ref('int_group_memberships_resolved') }}
),

group_keys as (
    select * from {{ ref('stg_identity__group_keys') }}
),

companies as (
    select
        'company_id:' || company_id as group_key,
        company_name,
        updated_at
    from {{ ref('stg_crm__company_contacts') }}
),

named as (
    select
        group_keys.customer_group_id,
        min(
            case
                when group_keys.group_key like 'household_id:%'
                    then substring(group_keys.group_key, 14)
                when group_keys.group_key like 'company_id:%'
                    then substring(group_keys.group_key, 12)
                when group_keys.group_key like 'joint_account:%'
                    then substring(group_keys.group_key, 15)
            end
        ) as source_group_id,
        max_by(companies.company_name, companies.updated_at) filter (
            where companies.company_name is not null
        ) as company_name
    from group_keys
    left join companies on group_keys.group_key = companies.group_key
    group by group_keys.customer_group_id
),

counted as (
    select
        customer_group_id,
        min(group_type) as group_type,
        case when bool_or(membership_rule = 'named') then 'named' else 'same_address' end
            as group_rule,
        count(distinct case when is_current then customer_id end) as member_count,
        count(distinct customer_id) as ever_member_count,
        min(valid_from) as valid_from,
        case when count(*) = count(valid_to) then max(valid_to) end as valid_to
    from memberships
    group by customer_group_id
),

customer_groups as (
    select
        counted.customer_group_id,
        named.source_group_id,
        counted.group_type,
        counted.group_rule,
        named.company_name,
        counted.member_count,
        counted.ever_member_count,
        counted.member_count > 0 as is_current,
        counted.valid_from,
        counted.valid_to
    from counted
    inner join named on counted.customer_group_id = named.customer_group_id
)

select * from customer_groups
