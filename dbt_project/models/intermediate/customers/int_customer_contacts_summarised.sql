with contacts as (
    select
        *,
        {{ within_days('business_date', 90) }} as is_recent,
        max(case when is_handled then started_at end) over (
            partition by customer_id
        ) as last_handled_at,
        row_number() over (
            partition by customer_id order by started_at desc, contact_id asc
        ) as recency_rank
    from {{ ref('fct_contacts') }}
    where customer_id is not null
),

{# A ticket belongs to the customer to whom its touch of opening belongs. #}
cases as (
    select
        touches.customer_id,
        tickets.reopened_count,
        tickets.status not in ('solved', 'closed') as is_open,
        touches.business_date
    from {{ ref('fct_interactions') }} as touches
    inner join {{ ref('stg_tickets__tickets') }} as tickets
        on touches.ticket_id = tickets.ticket_id
    where touches.interaction_type = 'ticket_opened' and touches.customer_id is not null
),

usual as (
    {{ usual_values({
        'contacts': {'reason': 'usual_contact_reason', 'channel_id': 'usual_contact_channel_id'},
    }) }}
),

contact_totals as (
    select
        customer_id,
        count(*) as contact_count,
        count(case when is_recent then 1 end) as contact_count_90d,
        count(case when is_recent and is_repeat then 1 end) as repeat_contact_count_90d,
        count(case when is_recent and not is_handled then 1 end) as unhandled_contact_count_90d,
        count(
            case
                when
                    is_recent
                    and not is_handled
                    and (last_handled_at is null or started_at > last_handled_at)
                    then 1
            end
        ) as waiting_contact_count,
        {{ total_count('case when is_recent then transfer_count end') }} as transfer_count_90d,
        coalesce({{ total_seconds('case when is_recent then wait_seconds end') }}, 0)
            as wait_seconds_90d,
        max(case when is_recent then wait_seconds end) as longest_wait_seconds_90d,
        {{ total_seconds('handle_seconds') }} as handle_seconds,
        {{ divide(
            'count(case when is_resolved_at_first_contact then 1 end)',
            'count(is_resolved_at_first_contact)',
        ) }} as first_contact_resolution_rate,
        {{ latest_known('reason') }} as last_contact_reason,
        {{ latest_known('channel_id') }} as last_contact_channel_id,
        max(business_date) as last_contact_date
    from contacts
    group by customer_id
),

case_totals as (
    select
        customer_id,
        count(*) as case_count,
        count(case when is_open then 1 end) as open_case_count,
        {{ total_count('reopened_count') }} as case_reopened_count,
        {{ days_between('min(case when is_open then business_date end)', as_of_date()) }}
            as oldest_open_case_days
    from cases
    group by customer_id
),

served as (
    select customer_id from contact_totals
    union
    select customer_id from case_totals
),

summarised as (
    select
        served.customer_id,
        {% for column in [
            'contact_count', 'contact_count_90d', 'repeat_contact_count_90d',
            'unhandled_contact_count_90d', 'transfer_count_90d', 'wait_seconds_90d',
        ] %}
            coalesce(contact_totals.{{ column }}, 0) as {{ column }},
        {% endfor %}
        contact_totals.longest_wait_seconds_90d,
        contact_totals.handle_seconds,
        contact_totals.first_contact_resolution_rate,
        contact_totals.last_contact_reason,
        contact_totals.last_contact_channel_id,
        contact_totals.last_contact_date,
        usual.usual_contact_reason,
        usual.usual_contact_channel_id,
        coalesce(case_totals.case_count, 0) as case_count,
        coalesce(case_totals.open_case_count, 0) as open_case_count,
        coalesce(case_totals.open_case_count, 0) + coalesce(contact_totals.waiting_contact_count, 0)
            as open_complaint_count,
        coalesce(case_totals.case_reopened_count, 0) as case_reopened_count,
        case_totals.oldest_open_case_days
    from served
    left join contact_totals on served.customer_id = contact_totals.customer_id
    left join case_totals on served.customer_id = case_totals.customer_id
    left join usual on served.customer_id = usual.customer_id
)

select * from summarised
