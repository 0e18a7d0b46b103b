with attributes as (
    select
        identity_key,
        attribute,
        valid_from,
        valid_to,
        lead(valid_from) over (
            partition by source, identity_key, attribute order by version_number
        ) as next_valid_from
    from {{ ref('dim_customer_attributes') }}
)

select
    identity_key,
    attribute,
    valid_from
from attributes
where (valid_to is null and next_valid_from is not null) or valid_to > next_valid_from
