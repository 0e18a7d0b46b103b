with members as (
    select * from {{ ref('stg_identity__group_members') }}
    where {{ until_as_of('valid_from') }}
),

group_keys as (
    select * from {{ ref('stg_identity__group_keys') }}
),

identities as (
    select * from {{ ref('int_identities_resolved') }}
),

resolved as (
    select
        group_keys.customer_group_id,
        group_keys.group_type,
        identities.customer_id,
        members.group_role,
        members.membership_rule,
        members.valid_from,
        coalesce(members.valid_to, cast('9999-12-31' as date)) as valid_to
    from members
    inner join group_keys on members.group_key = group_keys.group_key
    inner join identities on members.member_key = identities.identity_key
),

{# Two accounts of one customer, or two sources, tell one membership: spells that touch are one. #}
reached as (
    select
        *,
        max(valid_to) over (
            partition by customer_group_id, customer_id
            order by valid_from asc, valid_to asc
            rows between unbounded preceding and 1 preceding
        ) as reached_until
    from resolved
),

numbered as (
    select
        *,
        sum(
            case when reached_until >= {{ add_days('valid_from', -1) }} then 0 else 1 end
        ) over (
            partition by customer_group_id, customer_id
            order by valid_from asc, valid_to asc
            rows between unbounded preceding and current row
        ) as spell
    from reached
),

spells as (
    select
        customer_group_id,
        min(group_type) as group_type,
        customer_id,
        max_by(group_role, valid_from) filter (where group_role is not null) as group_role,
        case when bool_or(membership_rule = 'named') then 'named' else 'same_address' end
            as membership_rule,
        min(valid_from) as valid_from,
        max(valid_to) as last_day
    from numbered
    group by customer_group_id, customer_id, spell
),

memberships as (
    select
        customer_group_id,
        group_type,
        customer_id,
        group_role,
        membership_rule,
        last_day >= {{ as_of_date() }} as is_current,
        valid_from,
        case when last_day < cast('9999-12-31' as date) then last_day end as valid_to
    from spells
)

select * from memberships
