with history as (
    select
        customer_id,
        valid_from,
        valid_to,
        is_current,
        lead(valid_from) over (partition by customer_id order by valid_from) as next_valid_from
    from {{ ref('customer_360_history') }}
)

select
    customer_id,
    valid_from
from history
where
    valid_to is distinct from next_valid_from
    or is_current is distinct from (next_valid_from is null)
