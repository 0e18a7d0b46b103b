{# The own brand's share in the brand tracker against each other brand's, by Newcombe's interval. #}
{% macro brand_gaps() -%}
    {%- set own = ['own.share * own.respondent_count', 'own.respondent_count'] -%}
    {%- set others = ['others.share * others.respondent_count', 'others.respondent_count'] -%}
    select
        {{ period_start('month', 'own.wave_date') }} as month,
        1 as window_months,
        own.brand_id,
        'brand_tracker' as topic,
        own.measure,
        others.brand as company,
        own.region as part,
        'share' as unit,
        own.share as own_value,
        others.share as other_value,
        own.share - others.share as gap,
        own.share - others.share - sqrt(
            power(own.share - {{ wilson_bound(own[0], own[1], '-') }}, 2)
            + power({{ wilson_bound(others[0], others[1], '+') }} - others.share, 2)
        ) as gap_lower,
        own.share - others.share + sqrt(
            power({{ wilson_bound(own[0], own[1], '+') }} - own.share, 2)
            + power(others.share - {{ wilson_bound(others[0], others[1], '-') }}, 2)
        ) as gap_upper,
        cast(own.respondent_count as bigint) as own_count,
        cast(others.respondent_count as bigint) as other_count,
        cast(null as double) as best_value,
        false as is_provisional
    from {{ ref('stg_research__brand_tracker') }} as own
    inner join {{ ref('stg_research__brand_tracker') }} as others
        on
            own.wave_date = others.wave_date
            and own.measure = others.measure
            and own.region = others.region
            and own.brand_id = others.brand_id
            and not others.is_own
    where own.is_own and {{ until_as_of('own.wave_date') }}
{%- endmacro %}
