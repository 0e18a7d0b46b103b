with memberships as (
    select * from {{ ref('int_group_memberships_resolved') }}
),

bridge as (
    select
        customer_group_id,
        customer_id,
        group_type,
        group_role,
        membership_rule,
        is_current,
        valid_from,
        valid_to
    from memberships
)

select * from bridge
