with interactions as (
    select * from {{ ref('fct_interactions') }}
    where
        customer_id is not null
        and (
            interaction_type like 'points%'
            or interaction_type in ('offer_redeemed', 'subscription_started', 'invoice')
        )
),

identities as (
    select * from {{ ref('int_identities_resolved') }}
),

members as (
    select
        *,
        'loyalty_id:' || loyalty_id as identity_key
    from {{ ref('stg_loyalty__members') }}
    where business_date is null or {{ until_as_of('business_date') }}
),

memberships as (
    select
        {{ of_owner('customer_id') }} as customer_id,
        members.home_store_id,
        members.membership_status,
        members.business_date,
        row_number() over (
            partition by {{ of_owner('customer_id') }}
            order by members.updated_at desc, members.loyalty_id asc
        ) as recency_rank
    from members
    {{ join_owners('identities', 'members') }}
),

membership_totals as (
    select
        customer_id,
        {{ latest_known('home_store_id') }} as home_store_id,
        {{ latest_known('membership_status') }} as loyalty_status,
        min(business_date) as loyalty_joined_date
    from memberships
    where customer_id is not null
    group by customer_id
),

points as (
    select
        customer_id,
        interaction_type,
        cast({{ json_value('details', 'points') }} as bigint) as points,
        business_date
    from interactions
    where interaction_type like 'points%'
),

point_totals as (
    select
        customer_id,
        cast(sum(points) as bigint) as points_balance,
        {% for kind, sign in {'earned': 1, 'burned': -1, 'expired': -1}.items() %}
            cast(
                coalesce(
                    sum(
                        case
                            when
                                interaction_type = 'points_{{ kind }}'
                                and {{ within_days('business_date', 365) }}
                                then {{ sign }} * points
                        end
                    ), 0
                ) as bigint
            ) as points_{{ kind }}_365d,
        {% endfor %}
        max(business_date) as last_points_date
    from points
    group by customer_id
),

offer_totals as (
    select
        customer_id,
        {{ as_amount('sum(amount_reporting)') }} as offer_redeemed_amount
    from interactions
    where interaction_type = 'offer_redeemed'
    group by customer_id
),

subscriptions as (
    select
        interactions.customer_id,
        subscriptions.plan,
        subscriptions.billing_period,
        subscriptions.cancellation_reason,
        subscriptions.current_period_end_date,
        subscriptions.business_date,
        subscriptions.ended_at is null
        or cast(subscriptions.ended_at as date) > {{ as_of_date() }} as is_running,
        row_number() over (
            partition by interactions.customer_id
            order by subscriptions.started_at desc, subscriptions.subscription_id asc
        ) as recency_rank
    from interactions
    inner join {{ ref('stg_subscriptions__subscriptions') }} as subscriptions
        on interactions.source_key = subscriptions.subscription_id
    where interactions.interaction_type = 'subscription_started'
),

subscription_totals as (
    select
        customer_id,
        count(case when is_running then 1 end) as running_subscription_count,
        count(case when not is_running then 1 end) as ended_subscription_count,
        min_by(plan, recency_rank) filter (where is_running) as subscription_plan,
        min_by(billing_period, recency_rank) filter (where is_running)
            as subscription_billing_period,
        {{ latest_known('cancellation_reason') }} as last_cancellation_reason,
        min(case when is_running then business_date end) as subscribed_since_date,
        min(case when is_running then current_period_end_date end) as subscription_period_end_date
    from subscriptions
    group by customer_id
),

invoices as (
    select
        interactions.customer_id,
        invoices.invoice_status,
        invoices.delivery_method,
        invoices.paid_at is null
        and invoices.invoice_status not in ('canceled', 'paid') as is_unpaid,
        {{ seconds_between('invoices.issued_at', 'invoices.paid_at') }} as seconds_to_pay
    from interactions
    inner join {{ ref('stg_billing__invoices') }} as invoices
        on interactions.source_key = invoices.invoice_id
    where interactions.interaction_type = 'invoice'
),

invoice_totals as (
    select
        customer_id,
        count(*) as invoice_count,
        count(case when is_unpaid then 1 end) as unpaid_invoice_count,
        count(case when invoice_status = 'failed' then 1 end) as failed_invoice_count,
        {{ divide(total_seconds('seconds_to_pay'), 'count(seconds_to_pay)') }} / 86400
            as mean_days_to_pay
    from invoices
    group by customer_id
),

usual as (
    {{ usual_values({'invoices': {'delivery_method': 'usual_invoice_delivery'}}) }}
),

participants as (
    {% for totals in ['membership', 'point', 'offer', 'subscription', 'invoice'] %}
        select customer_id from {{ totals }}_totals
        {{ 'union' if not loop.last }}
    {% endfor %}
),

summarised as (
    select
        participants.customer_id,
        membership_totals.home_store_id,
        membership_totals.loyalty_status,
        membership_totals.loyalty_joined_date,
        point_totals.points_balance,
        {% for column in ['points_earned_365d', 'points_burned_365d', 'points_expired_365d'] %}
            coalesce(point_totals.{{ column }}, 0) as {{ column }},
        {% endfor %}
        point_totals.last_points_date,
        {{ as_amount('coalesce(offer_totals.offer_redeemed_amount, 0)') }} as offer_redeemed_amount,
        coalesce(subscription_totals.running_subscription_count, 0) as running_subscription_count,
        coalesce(subscription_totals.ended_subscription_count, 0) as ended_subscription_count,
        subscription_totals.subscription_plan,
        subscription_totals.subscription_billing_period,
        subscription_totals.last_cancellation_reason,
        subscription_totals.subscribed_since_date,
        subscription_totals.subscription_period_end_date,
        coalesce(invoice_totals.invoice_count, 0) as invoice_count,
        coalesce(invoice_totals.unpaid_invoice_count, 0) as unpaid_invoice_count,
        coalesce(invoice_totals.failed_invoice_count, 0) as failed_invoice_count,
        invoice_totals.mean_days_to_pay,
        usual.usual_invoice_delivery
    from participants
    {% for totals in ['membership', 'point', 'offer', 'subscription', 'invoice'] %}
        left join {{ totals }}_totals
            on participants.customer_id = {{ totals }}_totals.customer_id
    {% endfor %}
    left join usual on participants.customer_id = usual.customer_id
)

select * from summarised
