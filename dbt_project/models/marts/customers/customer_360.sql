{% set health_parts = {
    'spend_trend_percentile': 'spend_trend',
    'engagement_trend_percentile': 'engagement_trend',
    'satisfaction_percentile': 'last_satisfaction_level',
    'open_complaint_percentile': '-open_complaint_count',
} %}

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

purchases as (
    select * from {{ ref('int_customer_purchases_summarised') }}
),

visits as (
    select * from {{ ref('int_customer_visits_summarised') }}
),

interactions as (
    select * from {{ ref('int_customer_interactions_summarised') }}
),

contacts as (
    select * from {{ ref('int_customer_contacts_summarised') }}
),

programmes as (
    select * from {{ ref('int_customer_programmes_summarised') }}
),

attitudes as (
    select * from {{ ref('int_customer_attitudes_summarised') }}
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
        {% for column in [
            'campaign_message_count', 'campaign_message_opened_count',
            'campaign_message_clicked_count', 'campaign_message_count_7d',
            'campaign_message_count_30d', 'offer_sent_count', 'offer_seen_count',
            'offer_declined_count', 'offer_expired_count',
        ] %}
            coalesce(campaigns.{{ column }}, 0) as {{ column }},
        {% endfor %}
        coalesce(campaigns.offer_open_count, 0) as open_offer_count,
        coalesce(campaigns.offer_redemption_count, 0) as offer_redemption_count,
        {% for column in [
            'order_count_90d', 'order_count_365d', 'coupon_order_count', 'bought_product_count',
            'bought_category_count', 'late_delivery_count', 'late_delivery_count_90d',
        ] %}
            coalesce(purchases.{{ column }}, 0) as {{ column }},
        {% endfor %}
        {% for column in [
            'web_session_count', 'web_session_count_90d', 'app_session_count',
            'app_session_count_90d', 'app_session_from_push_count', 'store_visit_count',
            'store_visit_count_90d', 'engaged_seconds_90d', 'search_count_90d',
            'search_without_result_count_90d', 'product_view_count_90d',
            'viewed_product_count_90d', 'product_seconds_90d', 'add_to_cart_count_90d',
            'error_count_90d', 'rage_click_count_90d',
        ] %}
            coalesce(visits.{{ column }}, 0) as {{ column }},
        {% endfor %}
        {% for column in [
            'interaction_count_90d', 'channel_count_90d', 'active_day_count_90d',
            'active_day_count_previous_90d', 'social_interaction_count',
            'social_interaction_count_90d', 'kiosk_use_count', 'site_comment_count',
            'review_count', 'ad_click_count_90d', 'survey_invitation_count',
            'negative_emotion_count_90d', 'abandoned_cart_count_90d',
            'visit_without_purchase_count_90d',
        ] %}
            coalesce(interactions.{{ column }}, 0) as {{ column }},
        {% endfor %}
        {% for column in [
            'contact_count', 'contact_count_90d', 'repeat_contact_count_90d',
            'unhandled_contact_count_90d', 'transfer_count_90d', 'wait_seconds_90d',
            'case_count', 'open_case_count', 'open_complaint_count', 'case_reopened_count',
        ] %}
            coalesce(contacts.{{ column }}, 0) as {{ column }},
        {% endfor %}
        {% for column in [
            'points_earned_365d', 'points_burned_365d', 'points_expired_365d',
            'running_subscription_count', 'ended_subscription_count', 'invoice_count',
            'unpaid_invoice_count', 'failed_invoice_count',
        ] %}
            coalesce(programmes.{{ column }}, 0) as {{ column }},
        {% endfor %}
        {% for column in [
            'preference_count', 'withdrawn_consent_count', 'psychographic_answer_count',
        ] %}
            coalesce(attitudes.{{ column }}, 0) as {{ column }},
        {% endfor %}
        {{ as_amount('coalesce(purchases.net_revenue_90d_amount, 0)') }}
            as net_revenue_90d_amount,
        {{ as_amount('coalesce(purchases.net_revenue_365d_amount, 0)') }}
            as net_revenue_365d_amount,
        {{ as_amount('coalesce(purchases.net_revenue_previous_365d_amount, 0)') }}
            as net_revenue_previous_365d_amount,
        {{ as_amount('coalesce(interactions.lost_90d_amount, 0)') }}
            as lost_90d_amount,
        {{ as_amount('coalesce(programmes.offer_redeemed_amount, 0)') }}
            as offer_redeemed_amount,
        {% for column in [
            'usual_payment_method', 'usual_sales_method', 'usual_product_category',
            'usual_product_brand', 'largest_order_amount', 'returned_unit_rate',
            'online_order_rate', 'store_order_rate', 'weekend_order_rate', 'mean_delivery_days',
            'last_delivery_days',
        ] %}
            purchases.{{ column }},
        {% endfor %}
        {% for column in [
            'usual_visited_store_id', 'most_viewed_product_id_90d', 'most_viewed_category_90d',
            'usual_device_class', 'usual_channel_group', 'usual_app_platform',
            'usual_visit_purpose', 'engaged_session_rate', 'session_conversion_rate',
            'store_visit_purchase_rate', 'mean_store_visit_seconds', 'frustration_score_90d',
            'last_web_session_date', 'last_app_session_date', 'last_store_visit_date',
        ] %}
            visits.{{ column }},
        {% endfor %}
        {% for column in [
            'usual_channel_id', 'first_channel_id', 'last_channel_id', 'last_emotion',
            'last_abandonment_reason', 'recovered_abandonment_rate', 'first_interaction_date',
            'last_interaction_date', 'last_abandonment_date',
        ] %}
            interactions.{{ column }},
        {% endfor %}
        {% for column in [
            'last_contact_reason', 'usual_contact_reason', 'last_contact_channel_id',
            'usual_contact_channel_id', 'longest_wait_seconds_90d',
            'first_contact_resolution_rate', 'oldest_open_case_days', 'last_contact_date',
        ] %}
            contacts.{{ column }},
        {% endfor %}
        {% for column in [
            'home_store_id', 'loyalty_status', 'points_balance', 'subscription_plan',
            'subscription_billing_period', 'last_cancellation_reason', 'usual_invoice_delivery',
            'mean_days_to_pay', 'loyalty_joined_date', 'last_points_date',
            'subscribed_since_date', 'subscription_period_end_date',
        ] %}
            programmes.{{ column }},
        {% endfor %}
        {% for column in [
            'favourite_store_id', 'favourite_category', 'preferred_mail_frequency',
            'strongest_value', 'strongest_belief', 'strongest_attitude', 'strongest_motivation',
            'value_fit', 'last_preference_date', 'last_consent_date',
            'last_psychographic_answer_date',
        ] %}
            attitudes.{{ column }},
        {% endfor %}
        {% for column in [
            'previous_nps_score', 'last_ces_score', 'satisfaction_rate',
            'last_satisfaction_level', 'last_nps_date', 'last_satisfaction_date',
            'last_ces_date',
        ] %}
            surveys.{{ column }},
        {% endfor %}
        coalesce(customers.account_count, 0) as account_count,
        customers.identity_key_count,
        {{ days_between(
            'least(customers.created_date, cadences.first_order_date)', as_of_date()
        ) }} as tenure_days,
        {{ divide('orders.discount_amount', 'orders.gross_amount') }} as discount_rate,
        case
            when surveys.survey_response_count <= interactions.survey_invitation_count
                then
                    {{ divide(
                        'surveys.survey_response_count', 'interactions.survey_invitation_count'
                    ) }}
        end as survey_response_rate,
        {{ divide('campaigns.campaign_message_opened_count', 'campaigns.campaign_message_count') }}
            as campaign_open_rate,
        {{ divide('campaigns.campaign_message_clicked_count', 'campaigns.campaign_message_count') }}
            as campaign_click_rate,
        case
            when {{ days_between('cadences.first_order_date', as_of_date()) }} >= 180
                then
                    {{ divide(
                        '2 * purchases.net_revenue_180d_amount - purchases.net_revenue_360d_amount',
                        'purchases.net_revenue_360d_amount',
                    ) }}
        end as spend_trend,
        case
            when {{ days_between('interactions.first_interaction_date', as_of_date()) }} >= 90
                then
                    {{ divide(
                        'interactions.active_day_count_90d - interactions.active_day_count_previous_90d',
                        'interactions.active_day_count_90d + interactions.active_day_count_previous_90d',
                    ) }}
        end as engagement_trend,
        customers.is_prospect,
        customers.is_customer,
        coalesce(cadences.days_since_last_order < {{ var("active_customer_days") }}, false)
            as is_active,
        customers.has_marketing_consent,
        coalesce(campaigns.has_unsubscribed, false) as has_unsubscribed,
        coalesce(campaigns.is_over_contact_limit, false) as is_over_contact_limit,
        surveys.is_last_satisfied,
        surveys.is_last_easy,
        customers.is_email_verified,
        customers.email is not null as has_email,
        customers.phone is not null as has_phone,
        {% for purpose in [
            'marketing_email', 'marketing_sms', 'marketing_post', 'profiling', 'third_party',
            'cross_brand',
        ] %}
            coalesce(attitudes.has_{{ purpose }}_consent, false) as has_{{ purpose }}_consent,
        {% endfor %}
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
    left join purchases on customers.customer_id = purchases.customer_id
    left join visits on customers.customer_id = visits.customer_id
    left join interactions on customers.customer_id = interactions.customer_id
    left join contacts on customers.customer_id = contacts.customer_id
    left join programmes on customers.customer_id = programmes.customer_id
    left join attitudes on customers.customer_id = attitudes.customer_id
    left join rfm on customers.customer_id = rfm.customer_id
    left join segments on customers.customer_id = segments.customer_id
    left join customer_values on customers.customer_id = customer_values.customer_id
),

{# A customer's health is relative: where others stand on the same day. #}
ranked as (
    select
        {% for part, figure in health_parts.items() %}
            {{ percentile_among(figure, 'is_customer') }} as {{ part }},
        {% endfor %}
        *
    from joined
),

scored as (
    select
        *,
        {{ mean_of_known(health_parts, var('health_parts')) }} as relationship_health
    from ranked
)

select * from scored
