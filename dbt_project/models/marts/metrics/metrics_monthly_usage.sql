with sessions as (
    select
        'web/events' as contract,
        brand_id,
        customer_id,
        anonymous_visitor_key,
        engaged_seconds,
        business_date
    from {{ ref('fct_web_sessions') }}
    where not is_bot and not is_internal
    union all
    select
        'app/events' as contract,
        brand_id,
        customer_id,
        anonymous_visitor_key,
        engaged_seconds,
        business_date
    from {{ ref('fct_app_sessions') }}
    where not is_internal
),

{# What people do: not what the company sends them, notes of them, or what befalls them. #}
uses as (
    select
        brand_id,
        channel_id,
        interaction_type as use_type,
        customer_id,
        anonymous_visitor_key,
        duration_seconds,
        {{ period_start('month', 'business_date') }} as month
    from {{ ref('fct_interactions') }}
    where
        direction in ('inbound', 'two_way')
        and interaction_type not in ('error', 'app_error', 'points_adjusted', 'points_expired')
    union all
    select
        sessions.brand_id,
        sources.channel_id,
        'session' as use_type,
        sessions.customer_id,
        sessions.anonymous_visitor_key,
        sessions.engaged_seconds as duration_seconds,
        {{ period_start('month', 'sessions.business_date') }} as month
    from sessions
    inner join {{ ref('stg_quality__sources') }} as sources on sessions.contract = sources.contract
),

totals as (
    select
        month,
        brand_id,
        channel_id,
        use_type,
        count(*) as use_count,
        count(distinct anonymous_visitor_key) as anonymous_visitor_count,
        count(case when coalesce(customer_id, anonymous_visitor_key) is null then 1 end)
            as unknown_use_count,
        {{ total_seconds('duration_seconds') }} as duration_seconds
    from uses
    group by month, brand_id, channel_id, use_type
),

months_of_customers as (
    select
        month,
        brand_id,
        channel_id,
        use_type,
        customer_id,
        count(*) as use_count,
        lag(month) over (
            partition by brand_id, channel_id, use_type, customer_id order by month
        ) as previous_month
    from uses
    where customer_id is not null
    group by month, brand_id, channel_id, use_type, customer_id
),

customers as (
    select
        month,
        brand_id,
        channel_id,
        use_type,
        count(*) as customer_count,
        cast(sum(use_count) as bigint) as customer_use_count,
        count(case when previous_month is null then 1 end) as new_customer_count,
        count(case when {{ months_between('previous_month', 'month') }} = 1 then 1 end)
            as staying_customer_count
    from months_of_customers
    group by month, brand_id, channel_id, use_type
),

bases as (
    select
        month,
        brand_id,
        count(distinct customer_id) as brand_customer_count
    from months_of_customers
    group by month, brand_id
),

monthly as (
    select
        totals.month,
        totals.brand_id,
        totals.channel_id,
        totals.use_type,
        totals.use_count,
        coalesce(customers.customer_count, 0) as customer_count,
        coalesce(customers.new_customer_count, 0) as new_customer_count,
        coalesce(customers.staying_customer_count, 0) as staying_customer_count,
        totals.anonymous_visitor_count,
        totals.unknown_use_count,
        coalesce(bases.brand_customer_count, 0) as brand_customer_count,
        {{ divide('coalesce(customers.customer_count, 0)', 'bases.brand_customer_count') }}
            as customer_rate,
        {{ divide('customers.customer_use_count', 'customers.customer_count') }}
            as uses_per_customer,
        totals.duration_seconds,
        {{ month_end('totals.month') }} > {{ as_of_date() }} as is_unfinished
    from totals
    left join customers
        on
            totals.month = customers.month
            and totals.brand_id = customers.brand_id
            and totals.channel_id = customers.channel_id
            and totals.use_type = customers.use_type
    left join bases on totals.month = bases.month and totals.brand_id = bases.brand_id
)

select * from monthly
