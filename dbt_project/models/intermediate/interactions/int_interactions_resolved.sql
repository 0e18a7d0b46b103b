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
        owners.customer_id,
        touched.*
    from touched
    left join owners
        on
            touched.identity_key = owners.identity_key
            and touched.event_at >= owners.valid_from
            and touched.event_at < owners.valid_to
)

select * from resolved
