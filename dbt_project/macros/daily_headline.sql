{# A figure by day, store and brand: a sum without `denominator`, else a sum by a count. #}
{% macro daily_headline(
    figure, relation, numerator, denominator=none, condition='true', store='store_id'
) -%}
    select
        '{{ figure }}' as figure,
        business_date,
        {{ store }} as store_id,
        {{ brand_id() }} as brand_id,
        {{ as_amount('sum(' ~ numerator ~ ')') }} as numerator,
        {{ as_amount('sum(' ~ denominator ~ ')') if denominator else 'cast(null as decimal(18, 4))' }}
            as denominator,
        sum(cast({{ numerator }} as decimal(18, 4)) * cast({{ numerator }} as decimal(18, 4)))
            as squares
    from {{ relation }}
    where {{ condition }}
    group by business_date, {{ store if store == 'store_id' else "'nowhere'" }}, {{ brand_id() }}
{%- endmacro %}
