with touches as (
    select * from {{ ref('fct_attribution_touches') }}
    where touch_id is not null
),

stepped as (
    select
        *,
        coalesce(
            lag(channel_group) over (partition by path_id order by touch_number), '(start)'
        ) as previous_channel_group
    from touches
),

steps as (
    select
        {{ period_start('month', 'business_date') }} as month,
        previous_channel_group as from_channel_group,
        channel_group as to_channel_group
    from stepped
    union all
    select
        {{ period_start('month', 'business_date') }} as month,
        channel_group as from_channel_group,
        case when is_converted then '(conversion)' else '(null)' end as to_channel_group
    from stepped
    where touch_number = touch_count
),

counted as (
    select
        month,
        from_channel_group,
        to_channel_group,
        count(*) as path_count
    from steps
    group by month, from_channel_group, to_channel_group
)

select * from counted
