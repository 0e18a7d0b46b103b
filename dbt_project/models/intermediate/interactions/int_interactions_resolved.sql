with unioned as (
    select * from {{ ref('int_service_interactions') }}
    union all
    select * from {{ ref('int_commerce_interactions') }}
    union all
    select * from {{ ref('int_marketing_interactions') }}
    union all
    select * from {{ ref('int_voice_interactions') }}
    union all
    select * from {{ ref('int_visit_interactions') }}
),

touched as (
    select * from unioned
    where {{ until_as_of('business_date') }} and {{ is_touched('business_date', 'event_at') }}
),

owners as (
    select * from {{ ref('int_identity_owners') }}
),

resolved as (
    select
        touched.contract || ':' || touched.source_key || ':' || touched.interaction_type
            as interaction_id,
        {{ of_owner('customer_id') }} as customer_id,
        touched.*
    from touched
    {{ join_owners('owners', 'touched', event_at='event_at') }}
)

select * from resolved
