with identities as (
    select * from {{ ref('int_identities_resolved') }}
),

stated_preferences as (
    select
        *,
        'account_id:' || crm_customer_id as identity_key
    from {{ ref('stg_crm__preferences') }}
    where {{ until_as_of('business_date') }}
),

stated_consents as (
    select
        *,
        'account_id:' || crm_customer_id as identity_key,
        row_number() over (
            partition by crm_customer_id, brand_id, consent_purpose
            order by recorded_at desc, consent_id desc
        ) as recency_rank
    from {{ ref('stg_crm__consents') }}
    where {{ until_as_of('business_date') }}
),

stated_answers as (
    select
        *,
        'account_id:' || research_customer_id as identity_key,
        {{ divide('score - scale_min', 'scale_max - scale_min') }} as agreement
    from {{ ref('stg_research__psychographic_answers') }}
    where {{ until_as_of('business_date') }}
),

preferences as (
    select
        {{ of_owner('customer_id') }} as customer_id,
        stated_preferences.preference,
        stated_preferences.preference_value,
        stated_preferences.business_date,
        row_number() over (
            partition by {{ of_owner('customer_id') }}, stated_preferences.preference
            order by stated_preferences.set_at desc, stated_preferences.identity_key asc
        ) as recency_rank
    from stated_preferences
    {{ join_owners('identities', 'stated_preferences') }}
),

preference_totals as (
    select
        customer_id,
        {% for preference in ['mail_frequency', 'favourite_category', 'favourite_store'] %}
            max(
                case
                    when preference = '{{ preference }}' and recency_rank = 1 then preference_value
                end
            ) as {{ preference }},
        {% endfor %}
        count(distinct case when preference_value is not null then preference end)
            as preference_count,
        max(business_date) as last_preference_date
    from preferences
    where customer_id is not null
    group by customer_id
),

{# The most restrictive account counts, as everywhere with consent. #}
consent_totals as (
    select
        {{ of_owner('customer_id') }} as customer_id,
        {% for purpose in [
            'marketing_email', 'marketing_sms', 'marketing_post', 'profiling', 'third_party',
            'cross_brand',
        ] %}
            bool_and(
                case
                    when
                        stated_consents.consent_purpose = '{{ purpose }}'
                        and stated_consents.recency_rank = 1
                        then stated_consents.consent_status = 'granted'
                end
            ) as has_{{ purpose }}_consent,
        {% endfor %}
        count(case when stated_consents.consent_status = 'withdrawn' then 1 end)
            as withdrawn_consent_count,
        max(stated_consents.business_date) as last_consent_date
    from stated_consents
    {{ join_owners('identities', 'stated_consents') }}
    group by {{ of_owner('customer_id') }}
),

{# The last answer to each item; what the customer agrees with most leads its dimension. #}
answers as (
    select
        {{ of_owner('customer_id') }} as customer_id,
        stated_answers.dimension,
        stated_answers.item,
        stated_answers.agreement,
        stated_answers.business_date,
        row_number() over (
            partition by {{ of_owner('customer_id') }}, stated_answers.item
            order by stated_answers.answered_at desc, stated_answers.answer_id asc
        ) as recency_rank
    from stated_answers
    {{ join_owners('identities', 'stated_answers') }}
),

ranked_answers as (
    select
        *,
        row_number() over (
            partition by customer_id, dimension order by agreement desc, item asc
        ) as agreement_rank
    from answers
    where recency_rank = 1
),

{# What the brand stands for, -1 to 1 like the customer's agreement once its middle is 0. #}
brand_values as (
    {% for item, weight in var('brand_values').items() %}
        select
            '{{ item }}' as item,
            cast({{ weight }} as double) as weight
        {{ 'union all' if not loop.last }}
    {% else %}
        select
            cast(null as string) as item,
            cast(null as double) as weight
        where 1 = 0
    {% endfor %}
),

value_fits as (
    select
        ranked_answers.customer_id,
        {{ divide(
            'sum(' ~ as_rate('(2 * ranked_answers.agreement - 1) * brand_values.weight') ~ ')',
            'sqrt(sum(' ~ as_rate('power(2 * ranked_answers.agreement - 1, 2)')
            ~ ') * sum(' ~ as_rate('power(brand_values.weight, 2)') ~ '))',
        ) }} as value_fit
    from ranked_answers
    inner join brand_values on ranked_answers.item = brand_values.item
    where ranked_answers.dimension = 'values' and ranked_answers.customer_id is not null
    group by ranked_answers.customer_id
),

answer_totals as (
    select
        customer_id,
        {% for dimension in ['values', 'beliefs', 'attitudes', 'motivations'] %}
            max(case when dimension = '{{ dimension }}' and agreement_rank = 1 then item end)
                as strongest_{{ dimension[:-1] }},
        {% endfor %}
        count(*) as psychographic_answer_count,
        max(business_date) as last_psychographic_answer_date
    from ranked_answers
    where customer_id is not null
    group by customer_id
),

heard as (
    {% for totals in ['preference', 'consent', 'answer'] %}
        select customer_id from {{ totals }}_totals
        where customer_id is not null
        {{ 'union' if not loop.last }}
    {% endfor %}
),

summarised as (
    select
        heard.customer_id,
        preference_totals.mail_frequency as preferred_mail_frequency,
        preference_totals.favourite_category,
        preference_totals.favourite_store as favourite_store_id,
        coalesce(preference_totals.preference_count, 0) as preference_count,
        preference_totals.last_preference_date,
        {% for purpose in [
            'marketing_email', 'marketing_sms', 'marketing_post', 'profiling', 'third_party',
            'cross_brand',
        ] %}
            coalesce(consent_totals.has_{{ purpose }}_consent, false)
                as has_{{ purpose }}_consent,
        {% endfor %}
        coalesce(consent_totals.withdrawn_consent_count, 0) as withdrawn_consent_count,
        consent_totals.last_consent_date,
        answer_totals.strongest_value,
        answer_totals.strongest_belief,
        answer_totals.strongest_attitude,
        answer_totals.strongest_motivation,
        coalesce(answer_totals.psychographic_answer_count, 0) as psychographic_answer_count,
        answer_totals.last_psychographic_answer_date,
        value_fits.value_fit
    from heard
    left join preference_totals on heard.customer_id = preference_totals.customer_id
    left join consent_totals on heard.customer_id = consent_totals.customer_id
    left join answer_totals on heard.customer_id = answer_totals.customer_id
    left join value_fits on heard.customer_id = value_fits.customer_id
)

select * from summarised
