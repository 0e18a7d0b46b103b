with source as (
    select * from {{ source('quality', 'source_columns') }}
),

renamed as (
    select
        source,
        extract,
        column_name,
        column_type,
        description,
        pii as pii_class,
        position as column_position,
        rows_filled,
        rows_total,
        is_required,
        is_key
    from source
)

select * from renamed
