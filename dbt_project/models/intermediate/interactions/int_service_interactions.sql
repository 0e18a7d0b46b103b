with calls as (
    {{ interaction(
        ref('stg_calls__calls'), 'calls/calls', "'call'", 'call_id', 'started_at',
        given={
            'identity_key': identity_key('calls_customer_id', none, none, 'phone_number_normalised'),
            'order_key': 'calls_order_id',
            'conversation_key': 'coalesce(parent_call_id, call_id)',
            'ticket_id': 'ticket_id',
            'employee_id': 'agent_id',
            'direction': 'direction',
            'reason': 'reason',
            'outcome': "case when is_abandoned then 'abandoned' else outcome end",
            'emotion': 'coalesce(emotion_end, emotion_start)',
            'duration_seconds': seconds_between('started_at', 'ended_at'),
        },
        details=[
            'queue', 'root_cause', 'wait_seconds', 'hold_seconds', 'talk_seconds', 'wrap_seconds',
            'transfer_count',
        ],
    ) }}
),

chats as (
    {{ interaction(
        ref('stg_service__chats'), 'service/chats', "'chat'", 'chat_id', 'started_at',
        given={
            'identity_key': identity_key(
                'service_customer_id', none, 'email_normalised', none, 'visitor_id'
            ),
            'visitor_key': "'visitor_id:' || visitor_id",
            'conversation_key': 'chat_id',
            'employee_id': 'agent_id',
            'direction': "'inbound'",
            'reason': 'reason',
            'outcome': "case when is_abandoned then 'abandoned' else outcome end",
            'duration_seconds': seconds_between('started_at', 'ended_at'),
            'has_text': 'transcript is not null',
        },
        details=['is_bot_only', 'rating'],
    ) }}
),

{# The address of an e-mail that goes out is the company's own. #}
emails as (
    {{ interaction(
        ref('stg_service__emails'), 'service/emails', "'email'", 'message_id', 'sent_at',
        given={
            'identity_key': identity_key(
                'service_customer_id', none,
                "case when direction = 'inbound' then from_address_normalised end",
            ),
            'conversation_key': 'thread_id',
            'ticket_id': 'ticket_id',
            'direction': 'direction',
            'has_text': 'coalesce(body, subject) is not null',
        },
    ) }}
),

messages as (
    {{ interaction(
        ref('stg_service__messages'), 'service/messages', "'message'", 'message_id', 'sent_at',
        given={
            'identity_key': identity_key(
                'service_customer_id', none, none, 'phone_number_normalised'
            ),
            'conversation_key': 'conversation_id',
            'channel_detail': 'network',
            'direction': 'direction',
            'has_text': 'text is not null',
        },
    ) }}
),

{% set ticket = {
    'identity_key': identity_key('tickets_customer_id', none, 'email_normalised'),
    'order_key': 'tickets_order_id',
    'ticket_id': 'ticket_id',
    'channel_detail': 'channel',
    'reason': 'reason',
} %}
tickets_opened as (
    {{ interaction(
        ref('stg_tickets__tickets'), 'tickets/tickets', "'ticket_opened'", 'ticket_id',
        'created_at', given=ticket, details=['priority', 'root_cause'],
    ) }}
),

tickets_solved as (
    {{ interaction(
        ref('stg_tickets__tickets'), 'tickets/tickets', "'ticket_solved'", 'ticket_id',
        'solved_at', given=dict(ticket, direction="'outbound'", outcome='status'),
        details=['reopened_count', 'root_cause'],
    ) }}
),

agent_notes as (
    {{ interaction(
        ref('stg_service__agent_notes'), 'service/agent_notes', "'agent_note'", 'note_id',
        'noted_at',
        given={
            'identity_key': identity_key('service_customer_id', none),
            'conversation_key': 'call_id',
            'ticket_id': 'ticket_id',
            'employee_id': 'agent_id',
            'emotion': 'emotion',
            'has_text': 'note is not null',
        },
        details=['root_cause', 'intensity'],
    ) }}
),

unioned as (
    select * from calls
    union all
    select * from chats
    union all
    select * from emails
    union all
    select * from messages
    union all
    select * from tickets_opened
    union all
    select * from tickets_solved
    union all
    select * from agent_notes
)

select * from unioned
