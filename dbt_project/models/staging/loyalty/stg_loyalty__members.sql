with versions as (
    {{ latest_version(source('loyalty', 'members')) }}
),

renamed as (
    select
        loyalty_id,
        customer_id as loyalty_customer_id,
        home_store_id,
        {{ brand_id() }} as brand_id,
        email,
        email_normalised,
        phone,
        phone_normalised,
        first_name,
        first_name_normalised,
        last_name,
        last_name_normalised,
        postcode,
        postcode_normalised,
        status as membership_status,
        birth_date,
        {{ business_date('joined_at') }} as business_date,
        joined_at,
        updated_at,
        _delivery_id,
        _received_at,
        _loaded_at
    from versions
)

select * from renamed
