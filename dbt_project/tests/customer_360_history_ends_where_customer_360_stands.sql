with history as (
    select * from {{ ref('customer_360_history') }}
    where is_current
),

customers as (
    select * from {{ ref('customer_360') }}
)

select
    customers.customer_id,
    history.valid_from
from customers
left join history on customers.customer_id = history.customer_id
where
    history.customer_id is null
    or history.valid_from > customers.as_of_date
    {% for name in tracked_columns() %}
        or history.{{ name }} is distinct from customers.{{ name }}
    {% endfor %}
