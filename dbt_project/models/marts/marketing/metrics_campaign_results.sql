{#
    What was sent is counted by message, what it did by customer. Only customers whose days are over
    and who are in one group alone are measured; all others are in the counts of the funnel.
#}
{% set groups = {'treated': 'not is_holdout', 'holdout': 'is_holdout'} %}
with campaigns as (
    select * from {{ ref('dim_campaigns') }}
),

messages as (
    select
        campaign_id,
        count(case when not is_holdout then 1 end) as message_count,
        count(delivered_at) as delivered_count,
        {% for step in ['bounced', 'opened', 'clicked', 'unsubscribed'] %}
            count(case when is_{{ step }} then 1 end) as {{ step }}_count,
        {% endfor %}
        count(case when is_opened and delivered_at is null then 1 end) as opened_unheard_count
    from {{ ref('fct_campaign_messages') }}
    group by campaign_id
),

offers as (
    select
        campaign_id,
        count(case when is_seen then 1 end) as offer_seen_count,
        {% for status in ['redeemed', 'declined', 'expired'] %}
            count(case when offer_status = '{{ status }}' then 1 end) as offer_{{ status }}_count,
        {% endfor %}
        count(*) as offer_count
    from {{ ref('int_offers_resolved') }}
    group by campaign_id
),

customers as (
    select
        *,
        net_revenue_amount * net_revenue_amount as squared_amount,
        is_window_over and not is_mixed as is_measured
    from {{ ref('fct_campaign_customers') }}
),

customer_totals as (
    select
        campaign_id,
        count(case when not is_holdout then 1 end) as customer_count,
        {% for step in ['responded', 'converted'] %}
            count(case when not is_holdout and is_{{ step }} then 1 end)
                as {{ step }}_customer_count,
        {% endfor %}
        count(case when not is_holdout and is_new_customer then 1 end) as new_customer_count,
        count(case when is_mixed then 1 end) as mixed_customer_count,
        count(case when is_holdout then 1 end) as drawn_holdout_count,
        count(case when not is_mixed then 1 end) as drawn_count,
        {% for name, condition in groups.items() %}
            count(case when is_measured and {{ condition }} then 1 end) as {{ name }}_count,
            count(case when is_measured and {{ condition }} and is_converted then 1 end)
                as {{ name }}_converted_count,
            sum(case when is_measured and {{ condition }} then net_revenue_amount end)
                as {{ name }}_net_revenue_amount,
            sum(case when is_measured and {{ condition }} then squared_amount end)
                as {{ name }}_squares,
        {% endfor %}
        sum(case when not is_holdout then net_revenue_amount end) as net_revenue_amount
    from customers
    group by campaign_id
),

cost_totals as (
    select
        campaign_id,
        cast(sum(impression_count) as bigint) as impression_count,
        cast(sum(ad_click_count) as bigint) as ad_click_count,
        case when count(*) = count(cost_amount) then sum(cost_amount) end as cost_amount
    from {{ ref('int_campaign_costs_priced') }}
    group by campaign_id
),

names as (
    select campaign_id from campaigns
    union
    select campaign_id from messages
    union
    select campaign_id from cost_totals
),

compared as (
    select
        {% for name in groups %}
            {{ divide(name ~ '_converted_count', name ~ '_count') }} as {{ name }}_rate,
            {{ wilson_bound(name ~ '_converted_count', name ~ '_count', '-') }} as {{ name }}_low,
            {{ wilson_bound(name ~ '_converted_count', name ~ '_count', '+') }} as {{ name }}_high,
            {{ divide(name ~ '_net_revenue_amount', name ~ '_count') }} as {{ name }}_mean,
            (
                cast({{ name }}_squares as double)
                - power(cast({{ name }}_net_revenue_amount as double), 2) / {{ name }}_count
            ) / nullif({{ name }}_count - 1, 0) / {{ name }}_count as {{ name }}_mean_variance,
        {% endfor %}
        *
    from customer_totals
),

lifts as (
    select
        *,
        treated_rate - holdout_rate as lift,
        {{ newcombe_bound('treated', 'holdout', '-') }} as lift_low,
        {{ newcombe_bound('treated', 'holdout', '+') }} as lift_high,
        treated_mean - holdout_mean as revenue_lift,
        case
            when least(treated_count, holdout_count) >= {{ var('money_interval_least_customers') }}
                then {{ normal_quantile() }} * sqrt(treated_mean_variance + holdout_mean_variance)
        end as revenue_margin
    from compared
),

joined as (
    select
        names.campaign_id,
        campaigns.campaign_name,
        campaigns.campaign_type,
        campaigns.channel,
        '{{ var("reporting_currency") }}' as currency,
        cost_totals.impression_count,
        cost_totals.ad_click_count,
        {% for column in ['message', 'bounced', 'opened', 'clicked', 'unsubscribed'] %}
            coalesce(messages.{{ column }}_count, 0) as {{ column }}_count,
        {% endfor %}
        case
            when messages.delivered_count > 0
                then messages.delivered_count + messages.opened_unheard_count
        end as delivered_count,
        {% for column in [
            'offer', 'offer_seen', 'offer_redeemed', 'offer_declined', 'offer_expired',
        ] %}
            coalesce(offers.{{ column }}_count, 0) as {{ column }}_count,
        {% endfor %}
        {% for column in [
            'customer', 'responded_customer', 'converted_customer', 'new_customer', 'mixed_customer', 'treated',
            'treated_converted', 'holdout', 'holdout_converted',
        ] %}
            coalesce(lifts.{{ column }}_count, 0) as {{ column }}_count,
        {% endfor %}
        lifts.drawn_count,
        lifts.drawn_holdout_count,
        lifts.treated_rate,
        lifts.holdout_rate,
        lifts.lift,
        lifts.lift_low,
        lifts.lift_high,
        lifts.treated_count * lifts.lift as incremental_customer_count,
        lifts.treated_count * lifts.revenue_lift as incremental_net_revenue_amount,
        lifts.treated_count * (lifts.revenue_lift - lifts.revenue_margin)
            as incremental_net_revenue_low_amount,
        lifts.treated_count * (lifts.revenue_lift + lifts.revenue_margin)
            as incremental_net_revenue_high_amount,
        lifts.lift_low > 0 or lifts.lift_high < 0 as is_lift_real,
        nullif(campaigns.holdout_share, 0) as expected_share,
        lifts.net_revenue_amount,
        cost_totals.cost_amount,
        campaigns.start_date,
        campaigns.end_date
    from names
    left join campaigns on names.campaign_id = campaigns.campaign_id
    left join messages on names.campaign_id = messages.campaign_id
    left join offers on names.campaign_id = offers.campaign_id
    left join lifts on names.campaign_id = lifts.campaign_id
    left join cost_totals on names.campaign_id = cost_totals.campaign_id
),

drawn as (
    select
        *,
        {# Chi-square holds from five expected in each group on (Cochran, 1954). #}
        case
            when drawn_count * least(expected_share, 1 - expected_share) >= 5
                then
                    power(drawn_holdout_count - drawn_count * expected_share, 2)
                    / (drawn_count * expected_share * (1 - expected_share))
        end as chi_square
    from joined
),

results as (
    select
        campaign_id,
        campaign_name,
        campaign_type,
        channel,
        currency,
        impression_count,
        ad_click_count,
        message_count,
        bounced_count,
        delivered_count,
        opened_count,
        clicked_count,
        unsubscribed_count,
        offer_count,
        offer_seen_count,
        offer_redeemed_count,
        offer_declined_count,
        offer_expired_count,
        customer_count,
        responded_customer_count,
        converted_customer_count,
        new_customer_count,
        mixed_customer_count,
        treated_count as treated_customer_count,
        treated_converted_count as treated_converted_customer_count,
        holdout_count as holdout_customer_count,
        holdout_converted_count as holdout_converted_customer_count,
        {{ divide('opened_count', 'coalesce(delivered_count, message_count)') }} as opened_rate,
        {{ divide('clicked_count', 'coalesce(delivered_count, message_count)') }} as clicked_rate,
        {{ divide('unsubscribed_count', 'coalesce(delivered_count, message_count)') }}
            as unsubscribed_rate,
        treated_rate as treated_conversion_rate,
        holdout_rate as holdout_conversion_rate,
        {{ as_rate('lift') }} as lift,
        {{ as_rate('lift_low') }} as lift_low,
        {{ as_rate('lift_high') }} as lift_high,
        incremental_customer_count,
        {{ as_amount('net_revenue_amount') }} as net_revenue_amount,
        {{ as_amount('incremental_net_revenue_amount') }} as incremental_net_revenue_amount,
        {{ as_amount('incremental_net_revenue_low_amount') }} as incremental_net_revenue_low_amount,
        {{ as_amount('incremental_net_revenue_high_amount') }}
            as incremental_net_revenue_high_amount,
        {{ as_amount('cost_amount') }} as cost_amount,
        {{ divide('net_revenue_amount', 'cost_amount') }} as return_on_ad_spend,
        {{ divide('incremental_net_revenue_amount', 'cost_amount') }}
            as incremental_return_on_ad_spend,
        {{ as_amount(divide('cost_amount', 'new_customer_count')) }} as acquisition_cost_amount,
        {{ as_rate('round(' ~ chi_square_tail('chi_square') ~ ', 6)') }} as sample_ratio_p,
        {{ chi_square_tail('chi_square') }} < {{ var('sample_ratio_least_p') }}
            as is_sample_ratio_off,
        is_lift_real,
        start_date,
        end_date
    from drawn
)

select * from results
