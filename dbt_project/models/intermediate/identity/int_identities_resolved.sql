with customer_keys as (
    select
        *,
        split_part(identity_key, ':', 1) = 'within' as is_within_brand,
        split_part(identity_key, ':', 2) as brand_name
    from {{ ref('stg_identity__customer_keys') }}
),

keys_of_brands as (
    select
        substring(identity_key, length(brand_name) + 9) as identity_key,
        replace(replace(brand_name, '%3A', ':'), '%25', '%') as brand_id,
        customer_id
    from customer_keys
    where is_within_brand
),

closed_keys as (
    select distinct identity_key from keys_of_brands
),

keys_of_all_brands as (
    select
        customer_keys.identity_key,
        cast(null as string) as brand_id,
        customer_keys.customer_id
    from customer_keys
    left join closed_keys on customer_keys.identity_key = closed_keys.identity_key
    where not customer_keys.is_within_brand and closed_keys.identity_key is null
),

unioned as (
    select * from keys_of_all_brands
    union all
    select * from keys_of_brands
),

resolved as (
    select
        identity_key,
        brand_id,
        customer_id,
        case when identity_key like 'loyalty_id:%' then substring(identity_key, 12) end
            as loyalty_id
    from unioned
)

select * from resolved
