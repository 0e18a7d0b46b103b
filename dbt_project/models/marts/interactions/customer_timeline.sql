with touches as (
    select
        interaction_id,
        customer_id,
        interaction_type,
        channel_id,
        business_date,
        event_at
    from {{ ref('fct_interactions') }}
    where customer_id is not null
),

ordered as (
    select
        *,
        cast(row_number() over by_time as bigint) as interaction_number,
        lag(interaction_id) over by_time as previous_interaction_id,
        lag(channel_id) over by_time as previous_channel_id,
        lag(event_at) over by_time as previous_at,
        {% for steps in [1, 2, 3] %}
            lag(interaction_type, {{ steps }}) over by_time as previous_type_{{ steps }},
            lead(interaction_type, {{ steps }}) over by_time as next_type_{{ steps }},
        {% endfor %}
        lead(interaction_id) over by_time as next_interaction_id,
        lead(event_at) over by_time as next_at,
        row_number() over (
            partition by customer_id, channel_id order by event_at asc, interaction_id asc
        ) as number_in_channel,
        count(*) over (partition by customer_id, channel_id) as count_in_channel
    from touches
    window by_time as (partition by customer_id order by event_at asc, interaction_id asc)
),

timeline as (
    select
        interaction_id,
        customer_id,
        interaction_number,
        interaction_type,
        channel_id,
        previous_interaction_id,
        next_interaction_id,
        {% for steps in [1, 2, 3] %}
            previous_type_{{ steps }},
            next_type_{{ steps }},
        {% endfor %}
        {{ seconds_between('previous_at', 'event_at') }} as seconds_since_previous,
        {{ seconds_between('event_at', 'next_at') }} as seconds_to_next,
        coalesce(channel_id <> previous_channel_id, false) as is_channel_switch,
        number_in_channel = 1 as is_first_in_channel,
        number_in_channel = count_in_channel as is_last_in_channel,
        business_date,
        event_at
    from ordered
)

select * from timeline
