with contacts as (
    select
        contacts.*,
        coalesce(customers.is_prospect, false) as is_prospect
    from {{ ref('fct_contacts') }} as contacts
    left join {{ ref('dim_customers') }} as customers
        on contacts.customer_id = customers.customer_id
),

daily as (
    select
        business_date,
        channel_id,
        coalesce(reason, 'unknown') as reason,
        cast(sum(event_count) as bigint) as event_count,
        count(*) as contact_count,
        count(distinct customer_id) as customer_count,
        count(case when customer_id is null then 1 end) as anonymous_contact_count,
        count(case when is_prospect then 1 end) as prospect_contact_count,
        count(case when not is_handled then 1 end) as unhandled_contact_count,
        count(case when is_repeat then 1 end) as repeat_contact_count,
        count(case when transfer_count > 0 then 1 end) as transferred_contact_count,
        count(case when is_handled and issue_id is null then 1 end) as left_out_contact_count,
        count(is_resolved_at_first_contact) as closed_issue_count,
        count(case when is_resolved_at_first_contact then 1 end)
            as first_contact_resolved_issue_count,
        {{ divide(
            'count(case when is_resolved_at_first_contact then 1 end)',
            'count(is_resolved_at_first_contact)'
        ) }} as first_contact_resolution_rate,
        count(is_resolved_for_any_reason) as any_reason_closed_issue_count,
        count(case when is_resolved_for_any_reason then 1 end)
            as any_reason_first_contact_resolved_issue_count,
        {{ divide(
            'count(case when is_resolved_for_any_reason then 1 end)',
            'count(is_resolved_for_any_reason)'
        ) }} as any_reason_first_contact_resolution_rate,
        count(is_stated_resolved) as asked_contact_count,
        count(case when is_stated_resolved then 1 end) as stated_resolved_contact_count,
        {{ divide('count(case when is_stated_resolved then 1 end)', 'count(is_stated_resolved)') }}
            as stated_resolution_rate,
        count(trigger_key) as triggered_contact_count,
        count(wait_seconds) as waited_contact_count,
        {{ total_seconds('wait_seconds') }} as wait_seconds,
        count(handle_seconds) as timed_contact_count,
        {{ total_seconds('handle_seconds') }} as handle_seconds
    from contacts
    group by business_date, channel_id, coalesce(reason, 'unknown')
),

compared as (
    select
        daily.*,
        business.active_customer_count,
        business.order_count,
        {{ divide('100 * daily.contact_count', 'business.active_customer_count') }}
            as contacts_per_100_active_customers,
        {{ divide('100 * daily.contact_count', 'business.order_count') }} as contacts_per_100_orders
    from daily
    left join {{ ref('metrics_daily_business') }} as business
        on daily.business_date = business.business_date
)

select * from compared
