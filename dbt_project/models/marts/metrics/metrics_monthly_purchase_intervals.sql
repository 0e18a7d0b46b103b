{% set bands = {
    'gap_days': [8, 15, 31, 61, 91, 181, 366],
    'overdue_ratio': [0.5, 1, 1.5, 2, 3],
} %}
with observations as (
    select
        {{ period_start('month', 'business_date') }} as month,
        'gap_days' as measure,
        customer_id,
        cast(gap_days as double) as measured
    from {{ ref('int_customer_order_days') }}
    where gap_days is not null
    union all
    select
        {{ period_start('month', as_of_date()) }} as month,
        'overdue_ratio' as measure,
        customer_id,
        overdue_ratio as measured
    from {{ ref('int_customer_cadences_summarised') }}
    where overdue_ratio is not null
),

bands as (
    {% for measure, limits in bands.items() %}
        {% set outer = loop %}
        {% for from_value in [0] + limits %}
            select
                '{{ measure }}' as measure,
                {{ loop.index }} as band_number,
                cast({{ from_value }} as double) as from_value,
                cast({{ 'null' if loop.last else limits[loop.index0] }} as double) as below_value
            {{ 'union all' if not (loop.last and outer.last) }}
        {% endfor %}
    {% endfor %}
),

banded as (
    select
        observations.month,
        observations.measure,
        bands.band_number,
        bands.from_value,
        bands.below_value,
        count(*) as interval_count,
        count(distinct observations.customer_id) as customer_count,
        cast(sum(cast(observations.measured as decimal(18, 4))) as double) as total_value
    from observations
    inner join bands
        on
            observations.measure = bands.measure
            and observations.measured >= bands.from_value
            and (bands.below_value is null or observations.measured < bands.below_value)
    group by
        observations.month, observations.measure, bands.band_number, bands.from_value,
        bands.below_value
)

select * from banded
