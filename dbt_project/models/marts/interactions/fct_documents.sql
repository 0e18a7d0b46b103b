{# Turns have no time of their own, so texts are made anew in each run, as a plain table. #}
with turns as (
    select
        turns.*,
        {{ add_seconds('calls.started_at', 'cast(coalesce(turns.start_second, 0) as integer)') }}
            as spoken_at
    from {{ ref('stg_calls__turns') }} as turns
    inner join {{ ref('stg_calls__calls') }} as calls on turns.call_id = calls.call_id
),

unioned as (
    {{ document(
        'turns', 'calls/turns', 'call_id', 'call', 'text', 'spoken_at',
        written_by='speaker', part='turn_number',
    ) }}
    union all
    {{ document(
        ref('stg_service__chats'), 'service/chats', 'chat_id', 'chat', 'transcript', 'started_at',
        written_by="'both'",
    ) }}
    union all
    {{ document(
        ref('stg_service__emails'), 'service/emails', 'message_id', 'email', 'body', 'sent_at',
        written_by="case when direction = 'inbound' then 'customer' else 'employee' end",
        title='subject',
    ) }}
    union all
    {{ document(
        ref('stg_service__messages'), 'service/messages', 'message_id', 'message', 'text',
        'sent_at', written_by="case when direction = 'inbound' then 'customer' else 'employee' end",
    ) }}
    union all
    {{ document(
        ref('stg_service__agent_notes'), 'service/agent_notes', 'note_id', 'agent_note', 'note',
        'noted_at', written_by="'employee'",
    ) }}
    union all
    {{ document(
        ref('stg_survey__responses'), 'survey/responses', 'response_id', 'survey_answered',
        'comment', 'answered_at', title='title',
    ) }}
    union all
    {{ document(
        ref('stg_reviews__reviews'), 'reviews/reviews', 'review_id', 'review', 'text',
        'reviewed_at', title='title',
    ) }}
    union all
    {{ document(
        ref('stg_social__posts'), 'social/posts', "network || ':' || post_id", 'social_post',
        'text', 'posted_at',
    ) }}
    union all
    {{ document(
        ref('stg_web__comments'), 'web/comments', 'comment_id', 'comment', 'comment',
        'commented_at',
    ) }}
    union all
    {{ document(
        ref('stg_footfall__store_visits'), 'footfall/store_visits', 'visit_id', 'store_visit',
        'comment', 'entered_at',
    ) }}
    union all
    {{ document(
        ref('stg_shop__returns'), 'shop/returns', 'return_id', 'return', 'comment',
        'requested_at', language='null',
    ) }}
),

{# A turn belongs to the call that is the touch. #}
texts as (
    select
        *,
        replace(interaction_id, 'calls/turns:', 'calls/calls:') as touch_id
    from unioned
),

interactions as (
    select * from {{ ref('fct_interactions') }}
),

documents as (
    select
        texts.document_id,
        interactions.interaction_id,
        interactions.customer_id,
        interactions.brand_id,
        interactions.channel_id,
        interactions.product_id,
        texts.part_number,
        texts.written_by,
        texts.language,
        texts.title,
        texts.text,
        coalesce(length(texts.title), 0) + coalesce(length(texts.text), 0) as character_count,
        texts.contract,
        texts.source_key,
        {{ business_date('texts.written_at') }} as business_date,
        texts.written_at
    from texts
    inner join interactions on texts.touch_id = interactions.interaction_id
)

select * from documents
