with customers as (
    select * from {{ ref('dim_customers') }}
),

orders as (
    select * from {{ ref('int_customer_orders_summarised') }}
),

cadences as (
    select * from {{ ref('int_customer_cadences_summarised') }}
),

lifecycles as (
    select * from {{ ref('int_customer_lifecycles_assigned') }}
),

surveys as (
    select * from {{ ref('int_customer_surveys_summarised') }}
),

campaigns as (
    select * from {{ ref('int_customer_campaigns_summarised') }}
),

rfm as (
    select * from {{ ref('stg_ml__customer_rfm') }}
),

segments as (
    select * from {{ ref('stg_ml__customer_segments') }}
),

customer_values as (
    select * from {{ ref('stg_ml__customer_values') }}
),

joined as (
    select
        customers.customer_id,
        customers.crm_customer_id,
        customers.loyalty_id,
        customers.household_group_id,
        orders.last_store_id,
        cast(segments.segment_id as integer) as segment_id,
        customers.email,
        customers.phone,
        customers.first_name,
        customers.last_name,
        customers.street,
        customers.postcode,
        customers.city,
        customers.region,
        customers.country_code,
        customers.language,
        customers.age_band,
        customers.gender,
        customers.household_size,
        customers.household_income_band,
        customers.marital_status,
        customers.home_ownership,
        customers.loyalty_tier,
        coalesce(lifecycles.lifecycle_stage, 'prospect') as lifecycle_stage,
        rfm.rfm_segment,
        segments.segment_name,
        orders.first_order_channel,
        orders.last_order_channel,
        orders.order_channels,
        surveys.last_nps_group,
        '{{ var("reporting_currency") }}' as currency,
        coalesce(orders.order_count, 0) as order_count,
        coalesce(orders.canceled_order_count, 0) as canceled_order_count,
        coalesce(cadences.order_day_count, 0) as order_day_count,
        {{ as_amount("coalesce(orders.unit_count, 0)") }} as unit_count,
        {{ as_amount("coalesce(orders.gross_amount, 0)") }} as gross_amount,
        {{ as_amount("coalesce(orders.discount_amount, 0)") }} as discount_amount,
        {{ as_amount("coalesce(orders.returns_amount, 0)") }} as returns_amount,
        {{ as_amount("coalesce(orders.tax_amount, 0)") }} as tax_amount,
        {{ as_amount("coalesce(orders.shipping_amount, 0)") }} as shipping_amount,
        {{ as_amount("coalesce(orders.net_revenue_amount, 0)") }} as net_revenue_amount,
        orders.margin_amount,
        {{ divide("orders.margin_amount", "orders.net_revenue_amount_with_margin") }}
            as margin_rate,
        {{ divide("orders.net_revenue_amount", "orders.order_count") }}
            as average_order_value_amount,
        cadences.days_since_last_order,
        cadences.median_gap_days,
        cadences.mean_gap_days,
        cadences.gap_variation_rate,
        cadences.expected_gap_days,
        cadences.overdue_ratio,
        cadences.lapse_after_days,
        cast(rfm.recency_score as integer) as recency_score,
        cast(rfm.frequency_score as integer) as frequency_score,
        cast(rfm.monetary_score as integer) as monetary_score,
        customer_values.probability_active_90d,
        customer_values.expected_orders_90d,
        customer_values.expected_orders_1y,
        customer_values.expected_orders_3y,
        customer_values.expected_order_value_amount,
        customer_values.historic_value_amount,
        customer_values.naive_value_1y_amount,
        customer_values.naive_value_3y_amount,
        customer_values.clv_90d_amount,
        customer_values.clv_1y_amount,
        customer_values.clv_3y_amount,
        coalesce(surveys.survey_answer_count, 0) as survey_answer_count,
        coalesce(surveys.negative_survey_answer_count, 0) as negative_survey_answer_count,
        surveys.last_nps_score,
        surveys.last_satisfaction_score,
        surveys.last_satisfaction_scale_max,
        coalesce(campaigns.campaign_message_count, 0) as campaign_message_count,
        coalesce(campaigns.campaign_message_opened_count, 0) as campaign_message_opened_count,
        coalesce(campaigns.campaign_message_clicked_count, 0) as campaign_message_clicked_count,
        coalesce(campaigns.campaign_message_7_day_count, 0) as campaign_message_7_day_count,
        coalesce(campaigns.campaign_message_30_day_count, 0) as campaign_message_30_day_count,
        coalesce(campaigns.offer_sent_count, 0) as offer_sent_count,
        coalesce(campaigns.offer_seen_count, 0) as offer_seen_count,
        coalesce(campaigns.offer_redemption_count, 0) as offer_redemption_count,
        coalesce(campaigns.offer_declined_count, 0) as offer_declined_count,
        coalesce(campaigns.offer_expired_count, 0) as offer_expired_count,
        customers.is_prospect,
        customers.is_customer,
        coalesce(cadences.days_since_last_order < {{ var("active_customer_days") }}, false)
            as is_active,
        customers.has_marketing_consent,
        coalesce(campaigns.has_unsubscribed, false) as has_unsubscribed,
        coalesce(campaigns.is_over_contact_limit, false) as is_over_contact_limit,
        surveys.is_last_satisfied,
        customers.birth_date,
        customers.created_date,
        cadences.first_order_date,
        cadences.last_order_date,
        cadences.expected_next_order_date,
        {{ as_of_date() }} as as_of_date,
        surveys.last_survey_answered_at,
        campaigns.last_campaign_message_at,
        campaigns.last_offer_sent_at,
        campaigns.last_offer_redeemed_at,
        rfm.model_version as rfm_model_version,
        segments.model_version as segment_model_version,
        customer_values.model_version as value_model_version
    from customers
    left join orders on customers.customer_id = orders.customer_id
    left join cadences on customers.customer_id = cadences.customer_id
    left join lifecycles on customers.customer_id = lifecycles.customer_id
    left join surveys on customers.customer_id = surveys.customer_id
    left join campaigns on customers.customer_id = campaigns.customer_id
    left join rfm on customers.customer_id = rfm.customer_id
    left join segments on customers.customer_id = segments.customer_id
    left join customer_values on customers.customer_id = customer_values.customer_id
)

select * from joined
