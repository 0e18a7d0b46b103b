with recursive events as (
    select * from {{ ref('stg_app__events') }}
    where {{ until_as_of('business_date') }}
),

compared as (
    select
        *,
        lag(event_at) over device_events as previous_at,
        lag(event_type) over device_events as previous_type,
        lead(event_at) over device_events as next_at
    from events
    window device_events as (partition by device_id order by event_at, event_id)
),

marked as (
    select
        *,
        previous_at is null
        or (
            event_at > {{ add_seconds('previous_at', var('session_gap_minutes') * 60) }}
            and (previous_type = 'background' or event_type = 'open')
        )
        or event_at > {{ add_hours('previous_at', var('longest_app_silence_hours')) }} as is_first
    from compared
),

bursts as (
    select
        *,
        max(case when is_first then event_at end) over (
            partition by device_id order by event_at, event_id
            rows between unbounded preceding and current row
        ) as burst_started_at,
        lead(is_first) over (partition by device_id order by event_at, event_id)
            as is_followed_by_first
    from marked
),

{{ long_sessions('bursts', 'device_id') }},

sessions as (
    select
        bursts.*,
        coalesce(spans.session_started_at, bursts.burst_started_at) as session_started_at,
        not bursts.is_followed_by_first
        and (spans.next_started_at is null or bursts.next_at < spans.next_started_at)
        and bursts.event_type <> 'background' as is_followed
    from bursts
    left join spans
        on
            bursts.device_id = spans.device_id
            and bursts.burst_started_at = spans.burst_started_at
            and bursts.event_at >= spans.session_started_at
            and bursts.event_at < spans.next_started_at
),

sessionised as (
    select
        event_id,
        device_id,
        app_customer_id,
        product_id,
        cart_id,
        app_order_id,
        brand_id,
        event_type,
        screen,
        search_term,
        checkout_step,
        app_version,
        platform,
        error_code,
        case when is_followed then {{ seconds_between('event_at', 'next_at') }} end
            as seconds_to_next,
        business_date,
        {{ business_date('session_started_at') }} as session_date,
        event_at,
        session_started_at
    from sessions
)

select * from sessionised
