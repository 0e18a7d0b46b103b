with layers as (
    select
        *,
        max(case when layer = 'clicks' then last_row + 1 else row_count end) over (
            partition by brand_id, page, device_class, layout_version
        ) as page_row_count
    from {{ ref('int_page_layers_counted') }}
    where layer in ('views', 'clicks')
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
        max(page_row_count) as row_count,
        cast(sum(amount) as bigint) as click_count
    from layers
    where layer = 'clicks'
    group by brand_id, page, device_class, layout_version, column_number, first_row
)

select * from cells
