with versions as (
    {{ latest_version(source('crm', 'company_contacts')) }}
),

renamed as (
    select
        company_id,
        customer_id as crm_customer_id,
        {{ brand_id() }} as brand_id,
        vat_id,
        company_name,
        company_name_normalised,
        role as company_role,
        valid_from,
        valid_to,
        updated_at,
        _delivery_id,
        _received_at,
        _loaded_at
    from versions
)

select * from renamed
