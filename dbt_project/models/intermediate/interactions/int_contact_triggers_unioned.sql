{% set days = var('trigger_days') %}

{# A record that does not know its customer belongs to the customer of its order. #}
with touches as (
    select
        coalesce(touches.customer_id, orders.customer_id) as customer_id,
        case touches.interaction_type when 'invoice' then 'bill' when 'return' then 'return' end
            as trigger_type,
        cast(null as string) as trigger_detail,
        touches.source_key as trigger_key,
        touches.event_at as happened_at,
        touches.event_at as seen_at
    from {{ ref('int_interactions_resolved') }} as touches
    left join {{ ref('int_orders_unioned') }} as orders on touches.order_key = orders.order_id
    where touches.interaction_type in ('invoice', 'return')
),

{# An order is late from the moment for which it was promised, whether it has come since or not. #}
delays as (
    select
        customer_id,
        'delay' as trigger_type,
        cast(null as string) as trigger_detail,
        order_id as trigger_key,
        estimated_delivery_at as happened_at,
        estimated_delivery_at as seen_at
    from {{ ref('int_orders_unioned') }}
    where is_valid and coalesce(delivered_at > estimated_delivery_at, status <> 'delivered')
),

messages as (
    select
        customer_id,
        'campaign' as trigger_type,
        cast(null as string) as trigger_detail,
        campaign_id as trigger_key,
        sent_at as happened_at,
        sent_at as seen_at
    from {{ ref('int_campaign_messages_resolved') }}
    where not is_holdout and not is_bounced
),

{# An incident without a region is everybody's. Who that is, is told where it is asked: incidents
   times customers would be the largest table of all. #}
incidents as (
    select
        case when region is null then {{ everybody() }} else {{ region_audience('region') }} end
            as audience_key,
        'incident' as trigger_type,
        coalesce(area, kind) as trigger_detail,
        incident_id as trigger_key,
        started_at as happened_at,
        started_at as seen_at
    from {{ ref('stg_operations__incidents') }}
),

uses as (
    select
        identity_key,
        'web' as product,
        cast(null as string) as version,
        min(session_started_at) as used_at
    from {{ ref('int_web_sessions_totalled') }}
    group by identity_key, {{ business_date('session_started_at') }}
    union all
    select
        coalesce('account_id:' || app_customer_id, 'device_id:' || device_id) as identity_key,
        'app' as product,
        app_version as version,
        min(event_at) as used_at
    from {{ ref('stg_app__events') }}
    group by
        coalesce('account_id:' || app_customer_id, 'device_id:' || device_id),
        app_version,
        business_date
),

{# A release is theirs who used it while it was new; events of the website do not name theirs. #}
releases as (
    select
        owners.customer_id,
        'release' as trigger_type,
        releases.product as trigger_detail,
        releases.release_id as trigger_key,
        releases.released_at as happened_at,
        uses.used_at as seen_at
    from {{ ref('stg_operations__releases') }} as releases
    inner join uses
        on
            releases.product = uses.product
            and coalesce(uses.version, releases.version) = releases.version
            and releases.released_at <= uses.used_at
            and {{ add_hours('releases.released_at', 24 * days) }} > uses.used_at
    inner join {{ ref('int_identity_owners') }} as owners
        on
            uses.identity_key = owners.identity_key
            and uses.used_at >= owners.valid_from
            and uses.used_at < owners.valid_to
),

customers_own as (
    select * from touches
    union all
    select * from delays
    union all
    select * from messages
    union all
    select * from releases
),

unioned as (
    select
        {{ customer_audience('customer_id') }} as audience_key,
        trigger_type,
        trigger_detail,
        trigger_key,
        happened_at,
        seen_at
    from customers_own
    where customer_id is not null
    union all
    select * from incidents
),

triggers as (
    select
        audience_key,
        trigger_type,
        coalesce(trigger_detail, 'any') as trigger_detail,
        trigger_key,
        happened_at,
        min(seen_at) as seen_at,
        {{ add_hours('happened_at', 24 * days) }} as forgotten_at
    from unioned
    where {{ until_as_of(business_date('seen_at')) }}
    group by audience_key, trigger_type, trigger_detail, trigger_key, happened_at
)

select * from triggers
