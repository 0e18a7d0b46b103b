with fields as (
    select * from {{ ref('stg_quality__source_columns') }}
),

contracts as (
    select * from {{ ref('stg_quality__sources') }}
),

described as (
    select
        contracts.channel_id,
        contracts.journey_stage,
        contracts.data_type,
        fields.source,
        fields.extract,
        fields.column_name,
        contracts.description as row_description,
        fields.description as column_description,
        fields.column_type,
        fields.pii_class,
        fields.column_position,
        fields.rows_total,
        fields.rows_filled,
        case
            when fields.rows_total > 0
                then cast(fields.rows_filled as double) / fields.rows_total
        end as filled_rate,
        fields.is_required,
        fields.is_key,
        contracts.is_stale,
        contracts.last_received_at
    from fields
    inner join contracts
        on
            fields.source = contracts.source
            and fields.extract = contracts.extract
)

select * from described
