{#
    Common table expressions of why each row of `intents` came to nothing, where nobody said it:
    `judged` has its signs by `sign_rank`, the most certain first.
#}
{% macro abandonment_reasons(intents) %}
signs as (
    select * from {{ ref('abandonment_signs') }}
),

asked as (
    select
        intents.intent_id,
        contacts.reason,
        row_number() over (
            partition by intents.intent_id order by contacts.started_at, contacts.contact_id
        ) as contact_number
    from {{ intents }} as intents
    inner join {{ ref('fct_contacts') }} as contacts
        on
            intents.customer_id = contacts.customer_id
            and contacts.started_at >= intents.started_at
            and contacts.started_at
            <= {{ add_hours('intents.ended_at', var('abandonment_hours')) }}
    where intents.intent_type <> 'contact' and contacts.reason in (
        select pattern from signs
        where sign_type = 'contact'
    )
),

found as (
    {% for type, value in {
        'refused': 'refused_at', 'error': 'failed_with', 'element': 'pointed_at',
        'search': "case when intent_type <> 'store_visit' and has_searched_in_vain then 'search' end",
        'terminal': "case when deepest_step = 'terminal' then 'terminal' end",
        'queue': "case when intent_type = 'contact' then 'queue' end",
        'visit': "case when intent_type = 'store_visit' then 'visit' end",
        'step': "case when intent_type in ('cart', 'checkout') then deepest_step end",
    }.items() %}
        select
            intent_id,
            '{{ type }}' as sign_type,
            {{ value }} as sign_value
        from {{ intents }}
        where {{ value }} is not null
        union all
    {% endfor %}
    select
        intent_id,
        'contact' as sign_type,
        reason as sign_value
    from asked
    where contact_number = 1
),

judged as (
    select
        found.intent_id,
        found.sign_type,
        signs.reason,
        signs.confidence,
        row_number() over (
            partition by found.intent_id
            order by signs.confidence desc, length(signs.pattern) desc, signs.pattern, found.sign_type
        ) as sign_rank
    from found
    inner join signs
        on
            found.sign_type = signs.sign_type
            and (found.sign_value like signs.pattern or found.sign_value = signs.pattern)
)
{% endmacro %}
