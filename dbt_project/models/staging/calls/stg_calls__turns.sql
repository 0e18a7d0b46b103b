with versions as (
    {{ latest_version(source('calls', 'turns')) }}
),

renamed as (
    select
        call_id,
        turn_number,
        {{ brand_id() }} as brand_id,
        speaker,
        text,
        language,
        start_second,
        end_second,
        confidence,
        _delivery_id,
        _received_at,
        _loaded_at
    from versions
)

select * from renamed
