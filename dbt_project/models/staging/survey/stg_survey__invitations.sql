with versions as (
    {{ latest_version(source('survey', 'invitations')) }}
),

renamed as (
    select
        invitation_id,
        customer_id as survey_customer_id,
        touch_id,
        {{ brand_id() }} as brand_id,
        email,
        email_normalised,
        survey_type,
        touchpoint,
        collection_method,
        {{ business_date('invited_at') }} as business_date,
        invited_at,
        bounced_at,
        opened_at,
        started_at,
        completed_at,
        _delivery_id,
        _received_at,
        _loaded_at
    from versions
)

select * from renamed
