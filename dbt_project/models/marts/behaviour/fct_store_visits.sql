with touches as (
    select * from {{ ref('int_store_touches_resolved') }}
),

records as (
    select * from {{ ref('stg_footfall__store_visits') }}
),

compared as (
    select
        *,
        max(ended_at) over (
            partition by store_id, person_key order by started_at, touch_id
            rows between unbounded preceding and 1 preceding
        ) as last_ended_at
    from touches
),

visits as (
    select
        *,
        max(
            case
                when
                    last_ended_at is null
                    or started_at
                    > {{ add_seconds('last_ended_at', var('store_visit_gap_minutes') * 60) }}
                    then started_at
            end
        ) over (
            partition by store_id, person_key order by started_at, touch_id
            rows between unbounded preceding and current row
        ) as visit_started_at
    from compared
),

recorded as (
    select
        visits.*,
        records.employee_id,
        records.purpose,
        records.product_id,
        records.abandonment_reason,
        records.reason_source,
        coalesce(records.has_purchased, false) or coalesce(visits.is_valid_order, false)
            as has_purchased,
        records.left_at is not null as is_exit_seen,
        row_number() over (
            partition by visits.store_id, visits.person_key, visits.visit_started_at
            order by visits.started_at, visits.touch_id
        ) as touch_number,
        {# what the customer said comes before what the employee saw #}
        row_number() over (
            partition by visits.store_id, visits.person_key, visits.visit_started_at
            order by
                case records.reason_source when 'customer' then 0 when 'employee' then 1 else 2 end,
                case visits.touch_type when 'tablet' then 0 else 1 end,
                visits.started_at, visits.touch_id
        ) as record_number
    from visits
    left join records on visits.touch_id = 'tablet:' || records.visit_id
),

facts as (
    select
        max(case when touch_number = 1 then touch_id end) as store_visit_id,
        store_id,
        max(customer_id) as customer_id,
        min(identity_key) as identity_key,
        max(case when record_number = 1 then employee_id end) as employee_id,
        max(case when record_number = 1 then product_id end) as product_id,
        min(case when is_valid_order then order_id end) as order_id,
        max(case when record_number = 1 then purpose end) as purpose,
        max(case when record_number = 1 then abandonment_reason end) as abandonment_reason,
        max(case when record_number = 1 then reason_source end) as reason_source,
        count(*) as touch_count,
        count(case when touch_type = 'tablet' then 1 end) as record_count,
        cast(sum(case when touch_type = 'kiosk' then event_count else 0 end) as bigint)
            as kiosk_event_count,
        cast(sum(search_count) as bigint) as kiosk_search_count,
        count(case when touch_type = 'till' then 1 end) as receipt_count,
        {{ seconds_between('min(started_at)', 'max(ended_at)') }} as duration_seconds,
        bool_or(has_purchased) as has_purchased,
        bool_or(is_exit_seen) as is_exit_seen,
        {{ business_date('min(started_at)') }} as business_date,
        min(started_at) as entered_at,
        min(case when touch_type = 'kiosk' then started_at end) as terminal_at,
        max(ended_at) as left_at
    from recorded
    group by store_id, person_key, visit_started_at
)

select * from facts
