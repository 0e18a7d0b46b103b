{% set reporting_currency = var('reporting_currency') %}
{% set grace_days = var('subscription_grace_days') %}
with subscriptions as (
    select
        *,
        {{ identity_key('subscriptions_customer_id', none) }} as identity_key,
        coalesce(currency, '{{ reporting_currency }}') as known_currency,
        {{ business_date('ended_at') }} as ended_date
    from {{ ref('stg_subscriptions__subscriptions') }}
    where {{ until_as_of('business_date') }}
),

identities as (
    select * from {{ ref('int_identities_resolved') }}
),

rates as (
    select * from {{ ref('stg_finance__exchange_rates') }}
    where reporting_currency = '{{ reporting_currency }}'
),

{# One rate for its whole life, that of the start, so that a moving rate is no change of price. #}
rated as (
    select
        subscriptions.subscription_id,
        max_by(rates.exchange_rate, rates.rate_date) filter (
            where subscriptions.business_date >= rates.rate_date
        ) as last_rate,
        min_by(rates.exchange_rate, rates.rate_date) filter (
            where rates.rate_date is not null
        ) as first_rate
    from subscriptions
    inner join rates on subscriptions.known_currency = rates.currency
    group by subscriptions.subscription_id
),

{# It churns where the paid period ends: when the service ended, was canceled, or no money came. #}
lives as (
    select
        subscriptions.*,
        coalesce({{ of_owner('customer_id') }}, subscriptions.subscription_id) as payer_id,
        {{ of_owner('customer_id') }} as customer_id,
        {{ rate_of('subscriptions.known_currency', 'coalesce(rated.last_rate, rated.first_rate)') }}
            as exchange_rate,
        case
            when subscriptions.ended_date <= {{ as_of_date() }}
                then
                    greatest(
                        least(
                            subscriptions.current_period_end_date,
                            subscriptions.ended_date
                        ),
                        subscriptions.business_date
                    )
            when
                subscriptions.current_period_end_date
                + case when subscriptions.canceled_at is null then {{ grace_days }} else 0 end
                < {{ as_of_date() }}
                then greatest(subscriptions.current_period_end_date, subscriptions.business_date)
        end as paid_to_date,
        case
            when
                subscriptions.is_involuntary
                or subscriptions.cancellation_reason = 'payment_failed'
                then 'involuntary'
            when subscriptions.canceled_at is not null then 'voluntary'
            else 'unexplained'
        end as possible_churn_type
    from subscriptions
    {{ join_owners('identities', 'subscriptions') }}
    left join rated on subscriptions.subscription_id = rated.subscription_id
),

{# A version that another one follows within a day was a mistake. #}
followed as (
    select
        *,
        lead(updated_at) over (
            partition by subscription_id order by version_number
        ) as next_updated_at
    from {{ ref('stg_subscriptions__subscription_versions') }}
    where not is_deleted
),

versions as (
    select
        *,
        plan || '|' || coalesce(billing_period, 'month') || '|'
        || coalesce(cast(price_amount as string), '') as terms,
        row_number() over (
            partition by subscription_id order by version_number
        ) as terms_number
    from followed
    where
        next_updated_at is null
        or {{ seconds_between('updated_at', 'next_updated_at') }} >= 86400
),

dated as (
    select
        versions.*,
        case
            when versions.terms_number = 1 or versions.updated_at is null
                then lives.business_date
            else greatest({{ business_date('versions.updated_at') }}, lives.business_date)
        end as valid_from_date,
        lag(versions.terms) over (
            partition by versions.subscription_id order by versions.terms_number
        ) as previous_terms,
        coalesce(lives.paid_to_date, {{ as_of_date() }}) as last_date
    from lives
    inner join versions on lives.subscription_id = versions.subscription_id
),

{# Of several changes on one day the last holds. #}
changed as (
    select
        *,
        row_number() over (
            partition by subscription_id, valid_from_date order by terms_number desc
        ) as day_rank
    from dated
    where
        (previous_terms is null or previous_terms <> terms)
        and last_date >= valid_from_date
),

bounded as (
    select
        *,
        row_number() over (
            partition by subscription_id order by valid_from_date
        ) as period_number,
        lead(valid_from_date) over (
            partition by subscription_id order by valid_from_date
        ) as next_valid_from_date
    from changed
    where day_rank = 1
),

joined as (
    select
        lives.*,
        bounded.period_number,
        bounded.plan as period_plan,
        coalesce(bounded.billing_period, 'month') as period_billing,
        bounded.price_amount as period_price,
        bounded.valid_from_date,
        bounded.next_valid_from_date,
        bounded.next_valid_from_date is null and lives.paid_to_date is not null as is_last
    from bounded
    inner join lives on bounded.subscription_id = lives.subscription_id
),

periods as (
    select
        subscription_id,
        period_number,
        payer_id,
        customer_id,
        product_id,
        brand_id,
        period_plan as plan,
        period_billing as billing_period,
        case when is_last then possible_churn_type end as churn_type,
        case when is_last then cancellation_reason end as cancellation_reason,
        known_currency as currency,
        {{ as_amount('period_price') }} as price_amount,
        {{ to_reporting(
            "period_price / case when period_billing = 'year' then 12 else 1 end"
        ) }} as mrr_amount,
        '{{ reporting_currency }}' as reporting_currency,
        valid_from_date,
        case
            when next_valid_from_date is null then paid_to_date
            else {{ add_days('next_valid_from_date', -1) }}
        end as valid_to_date
    from joined
)

select * from periods
