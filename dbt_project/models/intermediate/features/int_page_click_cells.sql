with layers as (
    select
        *,
        max(case when layer = 'height' then last_row else last_row + 1 end) over (
            partition by brand_id, page, device_class, layout_version
        ) as row_count
    from {{ ref('int_page_layers_counted') }}
    where layer in ('height', 'clicks')
),

cells as (
    select
        brand_id,
        page,
        device_class,
        layout_version,
        column_number,
        first_row as row_number,
        {{ var('zone_columns') }} as column_count,
        max(row_count) as row_count,
        cast(sum(amount) as bigint) as click_count
    from layers
    where layer = 'clicks'
    group by brand_id, page, device_class, layout_version, column_number, first_row
)

select * from cells
