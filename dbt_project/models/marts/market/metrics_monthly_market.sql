with windows as (
    {{ metric_windows() }}
),

product_prices as (
    {{ product_prices() }}
),

visit_totals as (
    {{ visit_totals() }}
),

own_answers as (
    {{ own_answers() }}
),

own_revenue as (
    {{ own_revenue() }}
),

panel_totals as (
    {{ panel_totals() }}
),

gaps as (
    {{ price_gaps() }}
    union all
    {{ mystery_gaps() }}
    union all
    {{ benchmark_gaps() }}
    union all
    {{ brand_gaps() }}
    union all
    {{ panel_gaps() }}
    union all
    {{ industry_gaps() }}
),

metrics as (
    select
        month,
        window_months,
        brand_id,
        topic,
        measure,
        company,
        part,
        unit,
        {% for value in [
            'own_value', 'other_value', 'gap', 'gap_lower', 'gap_upper', 'best_value',
        ] %}
            round(cast({{ value }} as double), 6) as {{ value }},
        {% endfor %}
        own_count,
        other_count,
        gap_lower > 0 or gap_upper < 0 as is_real_gap,
        case
            when topic <> 'price'
                then least(own_count, other_count) < {{ var('small_answers') }}
        end as is_small,
        is_provisional,
        {{ month_end('month') }} > {{ as_of_date() }} as is_unfinished
    from gaps
)

select * from metrics
