with source as (
    select * from {{ source('ml', 'page_zones') }}
),

renamed as (
    select
        brand_id,
        page,
        device_class,
        layout_version,
        column_number,
        row_number,
        click_count,
        block_click_count,
        p_value,
        q_value,
        is_hot,
        zone_number,
        gi_star,
        top_cells_click_rate,
        model_version,
        as_of_date,
        scored_at
    from source
)

select * from renamed
