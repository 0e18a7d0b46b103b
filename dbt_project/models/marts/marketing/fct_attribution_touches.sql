{#
    A path ends with an order, or with a touch that nothing of the person follows for the days of the
    window. Of touches of one channel in a row the last one stands.
#}
{% set direct = "'Direct'" %}
{% set days = var('attribution_days') %}
with touches as (
    select
        *,
        coalesce(customer_id, anonymous_visitor_key) as person_key
    from {{ ref('fct_marketing_touches') }}
),

visitors as (
    select
        order_id,
        min(anonymous_visitor_key) as anonymous_visitor_key
    from (
        select
            order_id,
            anonymous_visitor_key
        from {{ ref('fct_web_sessions') }}
        union all
        select
            order_id,
            anonymous_visitor_key
        from {{ ref('fct_app_sessions') }}
    ) as sessions
    where order_id is not null and anonymous_visitor_key is not null
    group by order_id
),

{# A receipt that only takes goods back is no conversion and has no path; its money counts. #}
orders as (
    select
        orders.order_id as path_id,
        orders.order_id,
        {{ is_purchase('orders') }} as is_converted,
        case
            when {{ is_purchase('orders') }}
                then coalesce(orders.customer_id, visitors.anonymous_visitor_key)
        end as person_key,
        orders.is_first_order as is_new_customer,
        orders.net_revenue_amount_reporting as net_revenue_amount,
        orders.business_date,
        orders.ordered_at as ended_at
    from {{ ref('fct_orders') }} as orders
    left join visitors on orders.order_id = visitors.order_id
    where orders.is_valid
),

moments as (
    select
        touch_id,
        person_key,
        touched_at as event_at
    from touches
    union all
    select
        null as touch_id,
        person_key,
        ended_at as event_at
    from orders
    where person_key is not null
),

followed as (
    select
        *,
        lead(event_at) over (
            partition by person_key order by event_at, touch_id nulls last
        ) as next_event_at
    from moments
),

ends as (
    select * from orders
    union all
    select
        touch_id as path_id,
        null as order_id,
        false as is_converted,
        person_key,
        false as is_new_customer,
        cast(0 as decimal(18, 4)) as net_revenue_amount,
        {{ business_date('event_at') }} as business_date,
        event_at as ended_at
    from followed
    where
        touch_id is not null
        and {{ business_date('event_at') }} < {{ add_days(as_of_date(), -days) }}
        and (
            next_event_at is null
            or next_event_at > {{ add_seconds('event_at', days * 86400) }}
        )
),

steps as (
    select
        ends.path_id,
        touches.touch_id,
        touches.channel_group,
        touches.campaign_id,
        touches.touched_at,
        lead(touches.channel_group) over (
            partition by ends.path_id order by touches.touched_at, touches.touch_id
        ) as next_channel_group
    from ends
    inner join touches
        on
            ends.person_key = touches.person_key
            and ends.ended_at >= touches.touched_at
            and touches.touched_at >= {{ add_seconds('ends.ended_at', -days * 86400) }}
),

placed as (
    select
        *,
        row_number() over (partition by path_id order by touched_at, touch_id) as touch_number,
        row_number() over (
            partition by path_id, channel_group order by touched_at, touch_id
        ) as channel_touch_number,
        count(*) over (partition by path_id) as touch_count,
        count(*) over (partition by path_id, channel_group) as channel_touch_count
    from steps
    where next_channel_group is null or next_channel_group <> channel_group
),

joined as (
    select
        ends.path_id,
        coalesce(placed.touch_number, 1) as touch_number,
        placed.touch_id,
        ends.order_id,
        coalesce(placed.channel_group, '(none)') as channel_group,
        placed.campaign_id,
        coalesce(placed.touch_count, 1) as touch_count,
        coalesce(placed.channel_touch_number, 1) as channel_touch_number,
        coalesce(placed.channel_touch_count, 1) as channel_touch_count,
        ends.net_revenue_amount,
        ends.is_converted,
        ends.is_new_customer,
        ends.business_date,
        placed.touched_at,
        ends.ended_at,
        cast(
            power(
                0.5,
                {{ seconds_between('coalesce(placed.touched_at, ends.ended_at)', 'ends.ended_at') }}
                / {{ var('attribution_half_life_days') * 86400 }}
            ) as decimal(13, 12)
        ) as decay
    from ends
    left join placed on ends.path_id = placed.path_id
),

measured as (
    select
        *,
        sum(decay) over (partition by path_id) as path_decay,
        count(case when channel_touch_number = 1 then 1 end) over (partition by path_id)
            as channel_count,
        max(case when channel_group <> {{ direct }} then touch_number end) over (
            partition by path_id
        ) as last_marked_number
    from joined
),

facts as (
    select
        path_id,
        touch_number,
        touch_id,
        order_id,
        channel_group,
        campaign_id,
        '{{ var("reporting_currency") }}' as currency,
        touch_count,
        net_revenue_amount,
        {{ as_credit('touch_number = 1') }} as first_credit,
        {{ as_credit('touch_number = touch_count') }} as last_credit,
        {{ as_credit('touch_number = coalesce(last_marked_number, touch_count)') }}
            as last_non_direct_credit,
        {{ as_credit(divide('1', 'touch_count')) }} as linear_credit,
        {{ as_credit(
            'case when touch_count <= 2 then 1.0 / touch_count'
            ~ ' when touch_number in (1, touch_count) then 0.4'
            ~ ' else 0.2 / (touch_count - 2) end'
        ) }} as position_credit,
        {{ as_credit(divide('decay', 'path_decay')) }} as time_decay_credit,
        {{ as_credit(divide('1', 'channel_count * channel_touch_count')) }} as shapley_credit,
        is_converted,
        is_new_customer,
        business_date,
        touched_at,
        ended_at
    from measured
)

select * from facts
