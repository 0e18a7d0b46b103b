{% set page = 'brand_id, page, device_class, layout_version' %}

with totals as (
    select
        {{ page }},
        layer,
        column_number,
        first_row,
        last_row,
        sum(amount) as amount
    from {{ ref('int_page_layers_counted') }}
    group by {{ page }}, layer, column_number, first_row, last_row
),

{# What reaches over several rows begins and ends at edges; between two edges it is the same. #}
edges as (
    select
        {{ page }},
        layer,
        first_row as edge,
        amount
    from totals
    where layer in ('views', 'attention')
    union all
    select
        {{ page }},
        layer,
        last_row + 1 as edge,
        -amount as amount
    from totals
    where layer in ('views', 'attention')
),

bands as (
    select
        {{ page }},
        layer,
        edge as first_row,
        lead(edge) over page_edges - 1 as last_row,
        sum(sum(amount)) over page_edges as amount
    from edges
    group by {{ page }}, layer, edge
    window page_edges as (partition by {{ page }}, layer order by edge)
),

parts as (
    select
        {{ page }},
        layer,
        column_number,
        1 as column_span,
        first_row,
        last_row,
        amount
    from totals
    where layer in ('clicks', 'pointer')
    union all
    select
        {{ page }},
        layer,
        0 as column_number,
        {{ var('zone_columns') }} as column_span,
        first_row,
        last_row,
        amount
    from bands
    where layer = 'attention' and amount > 0
),

zones as (
    select
        parts.brand_id,
        parts.page,
        parts.device_class,
        parts.layout_version,
        parts.layer,
        cast(parts.column_number as integer) as column_number,
        cast(parts.column_span as integer) as column_span,
        cast(parts.first_row as integer) as row_number,
        cast(parts.last_row - parts.first_row + 1 as integer) as row_span,
        cast(parts.amount as double) as amount,
        cast(coalesce(views.amount, 0) as bigint) as view_count,
        {{ divide('parts.amount', 'views.amount') }} as amount_per_view,
        judged.block_click_count,
        judged.p_value,
        judged.q_value,
        judged.gi_star,
        judged.top_cells_click_rate,
        judged.zone_number,
        judged.is_hot
    from parts
    left join bands as views
        on
            views.layer = 'views'
            and parts.brand_id = views.brand_id
            and parts.page = views.page
            and parts.device_class = views.device_class
            and parts.layout_version = views.layout_version
            and parts.first_row >= views.first_row
            and parts.first_row <= views.last_row
    left join {{ ref('stg_ml__page_zones') }} as judged
        on
            parts.layer = 'clicks'
            and parts.brand_id = judged.brand_id
            and parts.page = judged.page
            and parts.device_class = judged.device_class
            and parts.layout_version = judged.layout_version
            and parts.column_number = judged.column_number
            and parts.first_row = judged.row_number
)

select * from zones
