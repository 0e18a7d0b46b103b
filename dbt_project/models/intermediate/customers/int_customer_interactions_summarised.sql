with interactions as (
    select
        *,
        {# What the customer did, not what was sent or came by itself. #}
        direction = 'inbound' or interaction_type = 'order' as is_own
    from {{ ref('fct_interactions') }}
    where customer_id is not null
),

{# Few rows, so that what follows costs little. #}
daily as (
    select
        customer_id,
        channel_id,
        business_date,
        {{ within_days('business_date', 90) }} as is_recent,
        count(case when is_own then 1 end) as own_count,
        count(case when interaction_type = 'comment' then 1 end) as comment_count,
        count(case when interaction_type = 'review' then 1 end) as review_count,
        count(case when interaction_type = 'marketing_click' then 1 end) as ad_click_count,
        count(case when interaction_type = 'survey_invited' then 1 end) as invitation_count,
        count(case when interaction_type like 'kiosk%' then 1 end) as kiosk_use_count,
        count(
            case
                when
                    emotion in (
                        'anger', 'frustration', 'disappointment', 'confusion', 'anxiety', 'sadness'
                    )
                    then 1
            end
        ) as negative_emotion_count,
        min(case when is_own then event_at end) as first_own_at,
        max(case when is_own then event_at end) as last_own_at
    from interactions
    group by customer_id, channel_id, business_date
),

ranked as (
    select
        *,
        row_number() over (
            partition by customer_id order by first_own_at nulls last, channel_id
        ) as age_rank,
        row_number() over (
            partition by customer_id order by last_own_at desc nulls last, channel_id asc
        ) as recency_rank
    from daily
),

channels as (
    select
        customer_id,
        channel_id,
        row_number() over (
            partition by customer_id order by sum(own_count) desc, channel_id asc
        ) as frequency_rank
    from daily
    where own_count > 0
    group by customer_id, channel_id
),

emotions as (
    select
        customer_id,
        emotion,
        row_number() over (
            partition by customer_id order by event_at desc, interaction_id asc
        ) as recency_rank
    from interactions
    where emotion is not null
),

abandonments as (
    select
        *,
        {{ within_days('business_date', 90) }} as is_recent,
        row_number() over (
            partition by customer_id order by started_at desc, abandonment_id asc
        ) as recency_rank
    from {{ ref('fct_abandonments') }}
    where customer_id is not null
),

abandonment_totals as (
    select
        customer_id,
        count(case when is_recent and intent_type in ('cart', 'checkout', 'form') then 1 end)
            as abandoned_cart_count_90d,
        count(case when is_recent and intent_type = 'store_visit' then 1 end)
            as visit_without_purchase_count_90d,
        {{ as_amount('coalesce(sum(case when is_recent then lost_amount end), 0)') }}
            as lost_90d_amount,
        {{ divide(
            'count(case when is_recovered then 1 end)',
            'count(case when not is_recovery_open then 1 end)',
        ) }} as recovered_abandonment_rate,
        min_by(reason, recency_rank) filter (where reason <> 'unknown') as last_abandonment_reason,
        max(business_date) as last_abandonment_date
    from abandonments
    group by customer_id
),

interaction_totals as (
    select
        customer_id,
        max(case when age_rank = 1 and own_count > 0 then channel_id end) as first_channel_id,
        max(case when recency_rank = 1 and own_count > 0 then channel_id end) as last_channel_id,
        {{ total_count('case when is_recent then own_count end') }} as interaction_count_90d,
        count(distinct case when own_count > 0 and is_recent then channel_id end)
            as channel_count_90d,
        count(distinct case when own_count > 0 and is_recent then business_date end)
            as active_day_count_90d,
        count(
            distinct case
                when own_count > 0 and not is_recent and {{ within_days('business_date', 180) }}
                    then business_date
            end
        ) as active_day_count_previous_90d,
        {{ total_count('case when is_recent then negative_emotion_count end') }}
            as negative_emotion_count_90d,
        {{ total_count("case when channel_id = 'social_media' then own_count end") }}
            as social_interaction_count,
        {{ total_count("case when channel_id = 'social_media' and is_recent then own_count end") }}
            as social_interaction_count_90d,
        {{ total_count('comment_count') }} as site_comment_count,
        {{ total_count('review_count') }} as review_count,
        {{ total_count('case when is_recent then ad_click_count end') }} as ad_click_count_90d,
        {{ total_count('invitation_count') }} as survey_invitation_count,
        {{ total_count('kiosk_use_count') }} as kiosk_use_count,
        min(case when own_count > 0 then business_date end) as first_interaction_date,
        max(case when own_count > 0 then business_date end) as last_interaction_date
    from ranked
    group by customer_id
),

summarised as (
    select
        interaction_totals.*,
        channels.channel_id as usual_channel_id,
        emotions.emotion as last_emotion,
        coalesce(abandonment_totals.abandoned_cart_count_90d, 0) as abandoned_cart_count_90d,
        coalesce(abandonment_totals.visit_without_purchase_count_90d, 0)
            as visit_without_purchase_count_90d,
        {{ as_amount('coalesce(abandonment_totals.lost_90d_amount, 0)') }} as lost_90d_amount,
        abandonment_totals.recovered_abandonment_rate,
        abandonment_totals.last_abandonment_reason,
        abandonment_totals.last_abandonment_date
    from interaction_totals
    left join channels
        on
            interaction_totals.customer_id = channels.customer_id
            and channels.frequency_rank = 1
    left join emotions
        on
            interaction_totals.customer_id = emotions.customer_id
            and emotions.recency_rank = 1
    left join abandonment_totals
        on interaction_totals.customer_id = abandonment_totals.customer_id
)

select * from summarised
