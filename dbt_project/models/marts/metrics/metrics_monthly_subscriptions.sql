{% set grace_days = var('subscription_grace_days') %}
{% set bridge = {
    'new': "case when move = 'new' then change_amount else 0 end",
    'reactivated': "case when move = 'reactivated' then change_amount else 0 end",
    'expansion': "case when move = 'kept' then greatest(change_amount, 0) else 0 end",
    'contraction': "case when move = 'kept' then greatest(-change_amount, 0) else 0 end",
    'churned': "case when move = 'churned' then -change_amount else 0 end",
} %}
with periods as (
    select
        *,
        coalesce(mrr_amount, 0) as known_mrr_amount
    from {{ ref('fct_subscription_periods') }}
),

{# Who comes back within the grace has never gone. #}
returns as (
    select
        ended.subscription_id,
        ended.period_number,
        min(renewed.valid_from_date) as renewed_date
    from periods as ended
    inner join periods as renewed
        on
            ended.payer_id = renewed.payer_id
            and ended.brand_id = renewed.brand_id
            and ended.valid_to_date < renewed.valid_from_date
            and renewed.valid_from_date <= {{ add_days('ended.valid_to_date', grace_days) }}
    where ended.churn_type is not null
    group by ended.subscription_id, ended.period_number
),

counted as (
    select
        periods.*,
        coalesce({{ add_days('returns.renewed_date', -1) }}, periods.valid_to_date)
            as counted_to_date
    from periods
    left join returns
        on
            periods.subscription_id = returns.subscription_id
            and periods.period_number = returns.period_number
),

orders as (
    select min(business_date) as first_date from {{ ref('fct_orders') }}
),

{# History begins with that of orders: of subscriptions that ended before nothing may be known. #}
bounds as (
    select
        coalesce(max(orders.first_date), min(counted.valid_from_date)) as first_date,
        {{ as_of_date() }} as last_date
    from counted
    cross join orders
),

dates as (
    {{ date_spine('bounds') }}
),

months as (
    select
        {{ period_start('month', 'business_date') }} as month,
        {{ add_days(period_start('month', 'min(business_date)'), -1) }} as opening_date,
        max(business_date) as closing_date
    from dates
    group by {{ period_start('month', 'business_date') }}
),

payers as (
    select
        payer_id,
        brand_id,
        min(valid_from_date) as first_date
    from counted
    group by payer_id, brand_id
),

{# What each payer pays a month, at the beginning and at the end of each month. #}
balances as (
    select
        months.month,
        counted.brand_id,
        counted.payer_id,
        months.opening_date,
        max_by(counted.churn_type, counted.counted_to_date) filter (
            where counted.churn_type is not null and counted.counted_to_date < months.closing_date
        ) as churn_type,
        {% for moment in ['opening', 'closing'] %}
            count(
                case
                    when
                        months.{{ moment }}_date >= counted.valid_from_date
                        and (
                            counted.counted_to_date is null
                            or months.{{ moment }}_date <= counted.counted_to_date
                        )
                        then 1
                end
            ) as {{ moment }}_count,
            sum(
                case
                    when
                        months.{{ moment }}_date >= counted.valid_from_date
                        and (
                            counted.counted_to_date is null
                            or months.{{ moment }}_date <= counted.counted_to_date
                        )
                        then counted.known_mrr_amount
                    else 0
                end
            ) as {{ moment }}_mrr_amount,
        {% endfor %}
        months.closing_date
    from months
    inner join counted
        on
            months.closing_date >= counted.valid_from_date
            and (
                counted.counted_to_date is null
                or months.opening_date <= counted.counted_to_date
            )
    group by
        months.month, counted.brand_id, counted.payer_id, months.opening_date, months.closing_date
),

moved as (
    select
        balances.*,
        case
            when balances.opening_count = 0 and balances.closing_count > 0
                then
                    case
                        when payers.first_date > balances.opening_date then 'new'
                        else 'reactivated'
                    end
            when balances.opening_count > 0 and balances.closing_count = 0 then 'churned'
            when balances.closing_count > 0 then 'kept'
        end as move,
        balances.closing_mrr_amount - balances.opening_mrr_amount as change_amount
    from balances
    inner join payers
        on balances.payer_id = payers.payer_id and balances.brand_id = payers.brand_id
),

totals as (
    select
        month,
        brand_id,
        max(closing_date) as closing_date,
        cast(sum(closing_count) as bigint) as closing_subscription_count,
        count(case when opening_count > 0 then 1 end) as opening_customer_count,
        count(case when closing_count > 0 then 1 end) as closing_customer_count,
        {% for move in ['new', 'reactivated', 'churned'] %}
            count(case when move = '{{ move }}' then 1 end) as {{ move }}_customer_count,
        {% endfor %}
        {% for churn_type in ['voluntary', 'involuntary'] %}
            count(case when move = 'churned' and churn_type = '{{ churn_type }}' then 1 end)
                as {{ churn_type }}_churned_customer_count,
        {% endfor %}
        {{ as_amount('sum(opening_mrr_amount)') }} as opening_mrr_amount,
        {% for name, amount in bridge.items() %}
            {{ as_amount('sum(' ~ amount ~ ')') }} as {{ name }}_mrr_amount,
        {% endfor %}
        {{ as_amount('sum(closing_mrr_amount)') }} as closing_mrr_amount
    from moved
    where move is not null
    group by month, brand_id
),

monthly as (
    select
        month,
        brand_id,
        '{{ var("reporting_currency") }}' as currency,
        opening_customer_count,
        new_customer_count,
        reactivated_customer_count,
        churned_customer_count,
        voluntary_churned_customer_count,
        involuntary_churned_customer_count,
        closing_customer_count,
        closing_subscription_count,
        opening_mrr_amount,
        new_mrr_amount,
        reactivated_mrr_amount,
        expansion_mrr_amount,
        contraction_mrr_amount,
        churned_mrr_amount,
        closing_mrr_amount,
        {{ divide('churned_customer_count', 'opening_customer_count') }} as logo_churn_rate,
        {{ divide(
            'opening_mrr_amount - contraction_mrr_amount - churned_mrr_amount',
            'opening_mrr_amount'
        ) }} as gross_revenue_retention_rate,
        {{ divide(
            'opening_mrr_amount + expansion_mrr_amount - contraction_mrr_amount'
            ~ ' - churned_mrr_amount',
            'opening_mrr_amount'
        ) }} as net_revenue_retention_rate,
        {{ add_days('closing_date', grace_days) }} >= {{ as_of_date() }} as is_provisional,
        {{ month_end('month') }} > {{ as_of_date() }} as is_unfinished
    from totals
)

select * from monthly
