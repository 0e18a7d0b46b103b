with interactions as (
    select * from {{ ref('int_interactions_resolved') }}
),

orders as (
    select
        order_id as order_key,
        order_id,
        customer_id,
        net_revenue_amount_reporting
    from {{ ref('fct_orders') }}
    union all
    {# Where a record names the number alone, it is the order that a survey would mean, too. #}
    select
        source_order_id,
        order_id,
        customer_id,
        net_revenue_amount_reporting
    from {{ ref('fct_orders') }}
    qualify row_number() over (partition by source_order_id order by order_id) = 1
),

rates as (
    select * from {{ ref('int_exchange_rates_filled') }}
),

handles as (
    select
        'handle:' || handles.network || ':' || handles.handle_normalised as identity_key,
        min(identities.customer_id) as customer_id
    from {{ ref('stg_crm__social_handles') }} as handles
    inner join {{ ref('int_identities_resolved') }} as identities
        on 'account_id:' || handles.crm_customer_id = identities.identity_key
    where handles.is_verified
    group by handles.network, handles.handle_normalised
    having count(distinct identities.customer_id) = 1
),

contracts as (
    select
        sources.contract,
        sources.channel_id,
        sources.journey_stage,
        channels.family,
        channels.direction
    from {{ ref('stg_quality__sources') }} as sources
    left join {{ ref('channels') }} as channels on sources.channel_id = channels.channel_id
),

erased_keys as (
    select * from {{ ref('stg_identity__erased_keys') }}
),

contact_keys as (
    select * from {{ ref('stg_identity__contact_keys') }}
),

joined as (
    select
        interactions.*,
        coalesce(
            interactions.customer_id,
            handles.customer_id,
            case
                when
                    interactions.identity_key is null
                    or {{ is_weak_key('interactions.identity_key') }}
                    then orders.customer_id
            end
        ) as owner_id,
        case
            when erased_keys.identity_key is null
                then {{ open_identity_key('interactions.identity_key') }}
        end as open_identity_key,
        orders.order_id,
        orders.net_revenue_amount_reporting,
        coalesce(interactions.currency, '{{ var("reporting_currency") }}')
        = '{{ var("reporting_currency") }}' as is_in_reporting_currency,
        rates.exchange_rate,
        contracts.channel_id,
        contracts.journey_stage,
        contracts.family,
        contracts.direction as channel_direction
    from interactions
    inner join contracts on interactions.contract = contracts.contract
    left join orders on interactions.order_key = orders.order_key
    left join handles on interactions.identity_key = handles.identity_key
    left join erased_keys on interactions.identity_key = erased_keys.identity_key
    left join contact_keys on interactions.identity_key = contact_keys.identity_key
    left join rates
        on
            interactions.currency = rates.currency
            and interactions.business_date = rates.business_date
),

facts as (
    select
        interaction_id,
        owner_id as customer_id,
        open_identity_key as identity_key,
        visitor_key,
        case when owner_id is null then visitor_key end as anonymous_visitor_key,
        brand_id,
        interaction_type,
        family as category,
        channel_id,
        channel_detail,
        coalesce(direction, channel_direction) as direction,
        case
            when interaction_type in {{ text_list(var('purchase_interactions')) }} then 'purchase'
            else journey_stage
        end as journey_stage,
        store_id,
        page,
        device,
        employee_id,
        product_id,
        campaign_id,
        order_id,
        ticket_id,
        conversation_key,
        reason,
        outcome,
        emotion,
        duration_seconds,
        case
            when interaction_type = 'order' then net_revenue_amount_reporting
            when is_in_reporting_currency then {{ to_reporting('amount', '1') }}
            else {{ to_reporting('amount') }}
        end as amount_reporting,
        case when has_text then contract || ':' || source_key end as document_id,
        details,
        contract,
        source_key,
        business_date,
        event_at
    from joined
)

select * from facts
