{# Rows are narrow because they are sorted twice: what else an event carries is joined later. #}
{# Nothing in a row is told by events beyond a pause: an increment then ends at the next one. #}
{# Only visitors who may stay for so long are walked through for longest sessions: that keeps their
   events aside and joins them, which for all events would cost a third more. #}
{% set events = ref('stg_web__events') %}
{% set near = until_as_of('business_date') ~ ' and ' ~ is_near_touched_session(events) %}
{% set lasting = '(select visitor_id from lasting)' %}
with recursive lasting as (
    select visitor_id
    from {{ events }}
    where {{ near }}
    group by visitor_id, business_date
    having {{ may_reach_longest_session('event_at') }}
),

bursts as (
    {{ web_bursts(events, near ~ ' and visitor_id in ' ~ lasting) }}
),

passing_bursts as (
    {{ web_bursts(events, near ~ ' and visitor_id not in ' ~ lasting) }}
),

{{ long_sessions('bursts', 'visitor_id') }},

sessions as (
    select
        bursts.*,
        coalesce(spans.session_started_at, bursts.burst_started_at) as session_started_at,
        not bursts.is_followed_by_first
        and (spans.next_started_at is null or bursts.next_at < spans.next_started_at)
            as is_followed
    from bursts
    left join spans
        on
            bursts.visitor_id = spans.visitor_id
            and bursts.burst_started_at = spans.burst_started_at
            and bursts.event_at >= spans.session_started_at
            and bursts.event_at < spans.next_started_at
    union all
    select
        *,
        burst_started_at as session_started_at,
        not is_followed_by_first as is_followed
    from passing_bursts
),

sessionised as (
    select
        event_id,
        visitor_id,
        web_customer_id,
        case when viewed_at >= session_started_at then page_view_id end as page_view_id,
        event_type,
        search_result_count,
        scroll_depth,
        case when is_followed then {{ seconds_between('event_at', 'next_at') }} end
            as seconds_to_next,
        {% for what in ['response', 'error'] %}
            case
                when
                    event_type = 'click'
                    and next_{{ what }}_at
                    <= {{ add_seconds('event_at', var('session_gap_minutes') * 60) }}
                    then {{ seconds_between('event_at', 'next_' ~ what ~ '_at') }}
            end as seconds_to_{{ what }},
        {% endfor %}
        business_date,
        {{ business_date('session_started_at') }} as session_date,
        event_at,
        session_started_at
    from sessions
)

select * from sessionised
where {{ is_touched_session(ref('stg_web__events'), 'session_date') }}
