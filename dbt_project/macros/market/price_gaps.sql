{#
    Price index by month, competitor and category: 100 × the geometric mean of their price over the
    own list price, first of each product's observations, then of the products.
#}
{% macro price_gaps() -%}
    select
        month,
        1 as window_months,
        brand_id,
        'price' as topic,
        measure,
        coalesce(competitor, 'all') as company,
        coalesce(category, 'all') as part,
        'index' as unit,
        100 as own_value,
        100 * exp(sum(log_ratio) / count(*)) as other_value,
        100 - 100 * exp(sum(log_ratio) / count(*)) as gap,
        case when count(*) > 2 then 100 - 100 * exp(
            sum(log_ratio) / count(*)
            + {{ mean_margin('count(*)', 'sum(log_ratio)', 'sum(log_ratio * log_ratio)') }}
        ) end as gap_lower,
        case when count(*) > 2 then 100 - 100 * exp(
            sum(log_ratio) / count(*)
            - {{ mean_margin('count(*)', 'sum(log_ratio)', 'sum(log_ratio * log_ratio)') }}
        ) end as gap_upper,
        cast(count(*) as bigint) as own_count,
        cast(count(*) as bigint) as other_count,
        cast(null as double) as best_value,
        false as is_provisional
    from product_prices
    group by grouping sets (
        (month, brand_id, measure),
        (month, brand_id, measure, competitor),
        (month, brand_id, measure, category),
        (month, brand_id, measure, competitor, category)
    )
{%- endmacro %}

{# One row per month, competitor, product and measure: the mean logarithm of the price ratio. #}
{% macro product_prices() -%}
    {% for measure, condition in {
        'price_index': 'true', 'price_index_without_promotions': 'not is_promotion',
    }.items() %}
        select
            {{ period_start('month', 'business_date') }} as month,
            brand_id,
            competitor,
            coalesce(category, 'unknown') as category,
            product_id,
            '{{ measure }}' as measure,
            cast(avg(cast(ln(price_ratio) as decimal(18, 8))) as decimal(18, 8)) as log_ratio
        from {{ ref('fct_competitor_prices') }}
        where price_ratio > 0 and {{ condition }}
        group by {{ period_start('month', 'business_date') }}, brand_id, competitor, category, product_id
        {{ 'union all' if not loop.last }}
    {% endfor %}
{%- endmacro %}
