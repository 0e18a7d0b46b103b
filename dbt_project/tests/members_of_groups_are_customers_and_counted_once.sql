{{ config(meta={'dagster': {'ref': {'name': 'dim_customer_groups'}}}) }}

with counted as (
    select
        coalesce(sum(member_count), 0) as member_count,
        count(*) as group_count
    from {{ ref('dim_customer_groups') }}
),

bridged as (
    select
        count(case when is_current then 1 end) as member_count,
        count(distinct customer_group_id) as group_count
    from {{ ref('bridge_customer_groups') }}
),

strangers as (
    select count(*) as row_count
    from {{ ref('bridge_customer_groups') }} as bridge
    left join {{ ref('int_identities_resolved') }} as identities
        on bridge.customer_id = identities.customer_id
    where identities.customer_id is null
)

select
    counted.member_count,
    bridged.member_count as expected_member_count,
    counted.group_count,
    bridged.group_count as expected_group_count,
    strangers.row_count as stranger_count
from counted
cross join bridged
cross join strangers
where
    counted.member_count <> bridged.member_count
    or counted.group_count <> bridged.group_count
    or strangers.row_count > 0
