with versions as (
    {{ latest_version(source('calls', 'phrases')) }}
),

renamed as (
    select
        call_id,
        phrase,
        start_second,
        {{ brand_id() }} as brand_id,
        match_type,
        speaker,
        end_second,
        confidence,
        _delivery_id,
        _received_at,
        _loaded_at
    from versions
)

select * from renamed
