with responses as (
    select
        *,
        {{ identity_key('survey_customer_id', 'loyalty_id', 'email_normalised') }} as identity_key
    from {{ ref('stg_survey__responses') }}
    where {{ until_as_of('business_date') }}
),

identities as (
    select * from {{ ref('int_identities_resolved') }}
),

stores as (
    select * from {{ ref('stg_locations__stores') }}
),

profiles as (
    select * from {{ ref('int_customers_profiled') }}
),

erased_keys as (
    select * from {{ ref('stg_identity__erased_keys') }}
),

numbered_orders as (
    select
        source_order_id,
        order_id,
        identity_key,
        customer_id,
        store_id,
        row_number() over (partition by source_order_id order by order_id) as source_rank
    from {{ ref('int_orders_unioned') }}
),

orders as (
    select * from numbered_orders
    where source_rank = 1
),

directed as (
    select
        responses.*,
        orders.order_id,
        orders.store_id,
        coalesce(responses.identity_key, orders.identity_key) as known_identity_key,
        case
            when responses.identity_key is null or {{ is_weak_key('responses.identity_key') }}
                then orders.customer_id
        end as order_customer_id,
        case
            when responses.scale_direction = 'lower_is_better'
                then responses.scale_min + responses.scale_max - responses.score
            else responses.score
        end as directed_score
    from responses
    left join orders on responses.survey_order_id = orders.source_order_id
),

resolved as (
    select
        directed.response_id,
        coalesce({{ of_owner('customer_id') }}, directed.order_customer_id) as customer_id,
        case when erased_keys.identity_key is null then directed.known_identity_key end
            as identity_key,
        directed.order_id,
        directed.brand_id,
        directed.store_id,
        directed.survey_type,
        directed.touchpoint,
        directed.channel,
        coalesce(stores.region, profiles.region) as region,
        directed.title,
        directed.comment,
        directed.language,
        directed.scale_direction,
        case
            when directed.survey_type = 'nps' and directed.directed_score >= 9 then 'promoter'
            when directed.survey_type = 'nps' and directed.directed_score >= 7 then 'passive'
            when directed.survey_type = 'nps' and directed.directed_score >= 0 then 'detractor'
        end as nps_group,
        directed.score,
        directed.scale_min,
        directed.scale_max,
        case
            when directed.survey_type in ('csat', 'review')
                then directed.directed_score >= directed.scale_max - 1
        end as is_satisfied,
        case
            when directed.survey_type = 'ces' then directed.directed_score >= directed.scale_max - 2
        end as is_easy,
        case directed.survey_type
            when 'nps' then directed.directed_score >= 9
            when 'ces' then directed.directed_score >= directed.scale_max - 2
            when 'resolution'
                then directed.directed_score > (directed.scale_min + directed.scale_max) / 2
            else directed.directed_score >= directed.scale_max - 1
        end as is_favourable,
        directed.is_partial,
        directed.business_date,
        directed.invited_at,
        directed.answered_at,
        directed.known_at,
        directed.is_late
    from directed
    {{ join_owners('identities', 'directed') }}
    left join stores on directed.store_id = stores.store_id
    left join profiles
        on
            coalesce({{ of_owner('customer_id') }}, directed.order_customer_id)
            = profiles.customer_id
    left join erased_keys on directed.known_identity_key = erased_keys.identity_key
)

select * from resolved
