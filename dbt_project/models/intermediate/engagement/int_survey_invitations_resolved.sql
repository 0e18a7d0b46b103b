with invitations as (
    select
        *,
        {{ identity_key('survey_customer_id', none, 'email_normalised') }} as identity_key
    from {{ ref('stg_survey__invitations') }}
    where {{ until_as_of('business_date') }}
),

identities as (
    select * from {{ ref('int_identities_resolved') }}
),

orders as (
    select * from {{ ref('int_orders_unioned') }}
),

stores as (
    select * from {{ ref('stg_locations__stores') }}
),

profiles as (
    select * from {{ ref('int_customers_profiled') }}
),

owned as (
    select
        invitations.*,
        {{ of_owner('customer_id') }} as customer_id
    from invitations
    {{ join_owners('identities', 'invitations') }}
),

{# An answer is that to the last invitation of its customer to the same survey, while it is open. #}
candidates as (
    select
        owned.invitation_id,
        answers.response_id,
        answers.answered_at,
        answers.is_partial,
        row_number() over (
            partition by answers.response_id
            order by owned.invited_at desc, owned.invitation_id asc
        ) as invitation_rank
    from owned
    inner join {{ ref('int_survey_answers_resolved') }} as answers
        on
            owned.customer_id = answers.customer_id
            and owned.survey_type = answers.survey_type
            and coalesce(owned.touchpoint, '') = coalesce(answers.touchpoint, '')
            and owned.invited_at <= answers.answered_at
    where
        answers.is_favourable is not null
        and {{ days_between('owned.business_date', 'answers.business_date') }}
        <= {{ var('survey_open_days') }}
),

numbered_answers as (
    select
        *,
        row_number() over (
            partition by invitation_id order by answered_at, response_id
        ) as answer_rank
    from candidates
    where invitation_rank = 1
),

answered as (
    select * from numbered_answers
    where answer_rank = 1
),

habits as (
    select
        customer_id,
        count(*) as order_count,
        count(case when channel = 'online' then 1 end) as online_order_count,
        min(business_date) as first_order_date,
        max(business_date) as last_order_date
    from orders
    where is_valid and customer_id is not null and {{ until_as_of('business_date') }}
    group by customer_id
),

places as (
    select
        source_order_id,
        min(store_id) as store_id
    from orders
    where store_id is not null
    group by source_order_id
),

resolved as (
    select
        owned.invitation_id,
        owned.customer_id,
        answered.response_id,
        owned.brand_id,
        places.store_id,
        owned.survey_type,
        owned.touchpoint,
        owned.collection_method,
        coalesce(stores.region, profiles.region) as region,
        profiles.country_code,
        profiles.gender,
        {{ days_between('profiles.birth_date', as_of_date()) }} / 365.25 as age_years,
        coalesce(habits.order_count, 0) as order_count,
        {{ divide('habits.online_order_count', 'habits.order_count') }} as online_order_rate,
        {{ days_between('habits.first_order_date', as_of_date()) }} as days_since_first_order,
        {{ days_between('habits.last_order_date', as_of_date()) }} as days_since_last_order,
        count(*) over earlier_invitations as earlier_invitation_count,
        count(answered.response_id) over earlier_invitations as earlier_answer_count,
        owned.bounced_at is not null as is_bounced,
        owned.completed_at is not null or coalesce(answered.is_partial, false) as is_completed,
        answered.response_id is not null as is_answered,
        owned.business_date,
        owned.invited_at
    from owned
    left join answered on owned.invitation_id = answered.invitation_id
    left join places on owned.touch_id = places.source_order_id
    left join stores on places.store_id = stores.store_id
    left join profiles on owned.customer_id = profiles.customer_id
    left join habits on owned.customer_id = habits.customer_id
    window earlier_invitations as (
        partition by coalesce(owned.customer_id, owned.invitation_id)
        order by owned.invited_at, owned.invitation_id
        rows between unbounded preceding and 1 preceding
    )
)

select * from resolved
