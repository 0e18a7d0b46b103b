{#
    The events of the website that fulfil a condition, each with the start of the burst it belongs to:
    events of a visitor without a pause of more than `session_gap_minutes`, or another campaign where
    that splits sessions; and with what stands next to it. A query of its own.
#}
{% macro web_bursts(events, condition) %}
with events as (
    select
        event_id,
        visitor_id,
        web_customer_id,
        campaign_id,
        event_type,
        search_result_count,
        case
            when document_height > 0 and viewport_height is not null
                then least((coalesce(scroll_y, 0) + viewport_height) / document_height, 1)
        end as scroll_depth,
        business_date,
        event_at,
        case when event_type not in ('click', 'heartbeat', 'pointer_rest') then event_at end
            as response_at,
        case when event_type = 'app_error' then event_at end as error_at
    from {{ events }}
    where {{ condition }}
),

compared as (
    select
        *,
        lag(event_at) over neighbours as previous_at,
        lead(event_at) over neighbours as next_at,
        {{ first_known('response_at') }} over later as next_response_at,
        {{ first_known('error_at') }} over later as next_error_at,
        {% if var('is_session_split_by_campaign') %}
            {{ last_known('campaign_id') }} over earlier as previous_campaign_id,
            {{ last_known('case when campaign_id is not null then event_at end') }} over earlier
                as previous_campaign_at
        {% else %}
            cast(null as string) as previous_campaign_id,
            cast(null as timestamp) as previous_campaign_at
        {% endif %}
    from events
    window
        neighbours as (partition by visitor_id order by event_at, event_id),
        later as (
            partition by visitor_id order by event_at, event_id
            rows between 1 following and unbounded following
        ),
        earlier as (
            partition by visitor_id order by event_at, event_id
            rows between unbounded preceding and 1 preceding
        )
),

paused as (
    select
        *,
        previous_at is null
        or event_at > {{ add_seconds('previous_at', var('session_gap_minutes') * 60) }}
            as is_after_pause
    from compared
),

marked as (
    select
        *,
        {% if var('is_session_split_by_campaign') %}
            is_after_pause
            or coalesce(
                campaign_id <> previous_campaign_id
                and previous_campaign_at >= max(case when is_after_pause then event_at end) over (
                    partition by visitor_id order by event_at, event_id
                    rows between unbounded preceding and current row
                ),
                false
            ) as is_first
        {% else %}
            is_after_pause as is_first
        {% endif %}
    from paused
),

bursts as (
    select
        *,
        max(case when is_first then event_at end) over so_far as burst_started_at,
        max(case when event_type = 'page_view' then event_at end) over so_far as viewed_at,
        {{ last_known("case when event_type = 'page_view' then event_id end") }}
            over so_far as page_view_id,
        lead(is_first) over in_order as is_followed_by_first
    from marked
    window
        in_order as (partition by visitor_id order by event_at, event_id),
        so_far as (
            partition by visitor_id order by event_at, event_id
            rows between unbounded preceding and current row
        )
)

select * from bursts
{%- endmacro %}
