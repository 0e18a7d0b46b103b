{#
    What is shared out is exact: the credits of a month are rounded, and what rounding leaves or takes
    goes to the largest channel. The chain of Markov knows channels alone, so its credit of a channel is
    divided among the campaigns as in the linear model.
#}
{% set rules = [
    'first', 'last', 'last_non_direct', 'linear', 'position', 'time_decay', 'shapley',
] %}
with touches as (
    select
        *,
        {{ period_start('month', 'business_date') }} as month,
        coalesce(campaign_id, '(not set)') as credited_campaign_id,
        case when is_converted then 1 else 0 end as order_count,
        case when is_converted and is_new_customer then 1 else 0 end as first_order_count
    from {{ ref('fct_attribution_touches') }}
    where order_id is not null
),

effects as (
    select * from {{ ref('stg_ml__channel_effects') }}
),

shared as (
    {% for rule in rules %}
        select
            month,
            '{{ rule }}' as attribution_model,
            channel_group,
            credited_campaign_id as campaign_id,
            sum(cast({{ rule }}_credit as decimal(19, 12)) * order_count) as conversion_count,
            sum(cast({{ rule }}_credit as decimal(19, 12)) * first_order_count)
                as new_customer_count,
            sum(cast({{ rule }}_credit as decimal(19, 12)) * net_revenue_amount)
                as net_revenue_amount
        from touches
        group by month, channel_group, credited_campaign_id
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

linear as (
    select
        *,
        {{ divide(
            'conversion_count', 'sum(conversion_count) over (partition by month, channel_group)'
        ) }} as channel_share
    from shared
    where attribution_model = 'linear'
),

reached as (
    select
        month,
        cast(sum(conversion_count) as double) as conversion_count,
        cast(sum(new_customer_count) as double) as new_customer_count,
        cast(sum(net_revenue_amount) as double) as net_revenue_amount
    from linear
    where channel_group <> '(none)'
    group by month
),

{# A channel on lost paths alone may lead to one that converts, and then earns credit too. #}
chained as (
    select
        effects.month,
        effects.channel_group,
        coalesce(linear.campaign_id, '(not set)') as campaign_id,
        effects.credit_share * coalesce(linear.channel_share, 1) as share,
        reached.conversion_count,
        reached.new_customer_count,
        reached.net_revenue_amount
    from effects
    inner join reached on effects.month = reached.month
    left join linear
        on effects.month = linear.month and effects.channel_group = linear.channel_group
    where effects.credit_share > 0 or linear.month is not null
),

credits as (
    select
        month,
        attribution_model,
        channel_group,
        campaign_id,
        {{ as_rate('conversion_count') }} as conversion_count,
        {{ as_rate('new_customer_count') }} as new_customer_count,
        {{ as_amount('net_revenue_amount') }} as net_revenue_amount
    from shared
    union all
    select
        month,
        'markov' as attribution_model,
        channel_group,
        campaign_id,
        {{ as_rate('conversion_count') }} as conversion_count,
        {{ as_rate('new_customer_count') }} as new_customer_count,
        {{ as_amount('net_revenue_amount') }} as net_revenue_amount
    from linear
    where channel_group = '(none)'
    union all
    select
        month,
        'markov' as attribution_model,
        channel_group,
        campaign_id,
        {{ as_rate('share * conversion_count') }} as conversion_count,
        {{ as_rate('share * new_customer_count') }} as new_customer_count,
        {{ as_amount('share * net_revenue_amount') }} as net_revenue_amount
    from chained
),

totals as (
    select
        month,
        sum(order_count) as conversion_count,
        sum(first_order_count) as new_customer_count,
        sum(net_revenue_amount) as net_revenue_amount
    from touches
    where touch_number = 1
    group by month
),

ranked as (
    select
        *,
        {% for measure in ['conversion_count', 'new_customer_count'] %}
            row_number() over (
                partition by month, attribution_model
                order by
                    case when channel_group = '(none)' then 1 else 0 end asc,
                    {{ measure }} desc, channel_group asc, campaign_id asc
            ) as {{ measure }}_rank,
        {% endfor %}
        sum(conversion_count) over (partition by month, attribution_model)
            as shared_conversion_count,
        sum(new_customer_count) over (partition by month, attribution_model)
            as shared_new_customer_count,
        sum(net_revenue_amount) over (partition by month, attribution_model)
            as shared_net_revenue_amount
    from credits
),

settled as (
    select
        ranked.month,
        ranked.attribution_model,
        ranked.channel_group,
        ranked.campaign_id,
        {% for measure, rank in {
            'conversion_count': 'conversion_count_rank',
            'new_customer_count': 'new_customer_count_rank',
            'net_revenue_amount': 'conversion_count_rank',
        }.items() %}
            ranked.{{ measure }} + case
                when ranked.{{ rank }} = 1 then totals.{{ measure }} - ranked.shared_{{ measure }}
                else 0
            end as {{ measure }},
        {% endfor %}
        ranked.conversion_count_rank
    from ranked
    inner join totals on ranked.month = totals.month
),

models as (
    select distinct attribution_model from credits
),

costs as (
    select
        {{ period_start('month', 'priced.business_date') }} as month,
        models.attribution_model,
        priced.channel_group,
        priced.campaign_id,
        sum(priced.cost_amount) as cost_amount
    from {{ ref('int_campaign_costs_priced') }} as priced
    cross join models
    group by
        {{ period_start('month', 'priced.business_date') }},
        models.attribution_model, priced.channel_group, priced.campaign_id
),

joined as (
    select
        coalesce(settled.month, costs.month) as month,
        coalesce(settled.attribution_model, costs.attribution_model) as attribution_model,
        coalesce(settled.channel_group, costs.channel_group) as channel_group,
        coalesce(settled.campaign_id, costs.campaign_id) as campaign_id,
        '{{ var("reporting_currency") }}' as currency,
        {{ as_rate('coalesce(settled.conversion_count, 0)') }} as conversion_count,
        {{ as_rate('coalesce(settled.new_customer_count, 0)') }} as new_customer_count,
        {{ as_amount('coalesce(settled.net_revenue_amount, 0)') }} as net_revenue_amount,
        {{ as_amount('costs.cost_amount') }} as cost_amount
    from settled
    full outer join costs
        on
            settled.month = costs.month
            and settled.attribution_model = costs.attribution_model
            and settled.channel_group = costs.channel_group
            and settled.campaign_id = costs.campaign_id
),

rated as (
    select
        *,
        {{ divide('net_revenue_amount', 'cost_amount') }} as return_on_ad_spend,
        {{ as_amount(divide('cost_amount', 'conversion_count')) }} as cost_per_conversion_amount,
        {{ as_amount(divide('cost_amount', 'new_customer_count')) }} as acquisition_cost_amount,
        {{ month_end('month') }} > {{ as_of_date() }} as is_unfinished
    from joined
)

select * from rated
