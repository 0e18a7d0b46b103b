with orders as (
    select
        facts.business_date,
        facts.store_id,
        facts.channel,
        sources.brand_id,
        facts.is_first_order,
        facts.net_revenue_amount_reporting as net_amount,
        facts.margin_amount_reporting as margin_amount
    from {{ ref('fct_orders') }} as facts
    inner join {{ ref('int_orders_unioned') }} as sources on facts.order_id = sources.order_id
    where facts.is_valid
),

stores as (
    select * from {{ ref('stg_locations__stores') }}
),

answers as (
    select
        answers.business_date,
        orders.store_id,
        stores.brand_id,
        answers.is_satisfied
    from {{ ref('fct_survey_answers') }} as answers
    left join {{ ref('fct_orders') }} as orders on answers.order_id = orders.order_id
    left join stores on orders.store_id = stores.store_id
    where answers.survey_type = 'csat' and answers.is_satisfied is not null
),

entries as (
    select * from {{ ref('stg_footfall__door_counts') }}
    where {{ until_as_of('business_date') }}
),

sessions as (
    select * from {{ ref('fct_web_sessions') }}
    where not is_bot and not is_internal
),

units as (
    select
        *,
        coalesce(valid_to, cast('9999-12-31' as date)) as last_valid_date
    from {{ ref('stg_locations__organisation_units') }}
),

plan as (
    {% for planned in var('plan') %}
        select
            cast('{{ planned.month }}' as date) as month,
            '{{ planned.figure }}' as figure,
            '{{ planned.unit_id or 'company' }}' as unit_id,
            '{{ planned.brand_id or 'all' }}' as brand_id,
            cast({{ planned.plan }} as double) as planned_value
        {{ 'union all' if not loop.last }}
    {% else %}
        select
            cast(null as date) as month,
            cast(null as string) as figure,
            cast(null as string) as unit_id,
            cast(null as string) as brand_id,
            cast(null as double) as planned_value
        where 1 = 0
    {% endfor %}
),

{# Each figure by day, store and brand: a sum, or a sum by a count with the sum of squares. #}
daily as (
    {{ daily_headline('net_revenue', 'orders', 'net_amount') }}
    union all
    {{ daily_headline('profit', 'orders', 'margin_amount') }}
    union all
    {{ daily_headline('acquired', 'orders', 'case when is_first_order then 1 else 0 end') }}
    union all
    {{ daily_headline('average_order_value', 'orders', 'net_amount', '1') }}
    union all
    {{ daily_headline(
        'store_conversion', 'orders', '1', '0', "channel = 'store' and store_id is not null"
    ) }}
    union all
    {{ daily_headline('store_conversion', 'entries', '0', 'entry_count') }}
    union all
    {{ daily_headline('satisfaction', 'answers', 'case when is_satisfied then 1 else 0 end', '1') }}
    union all
    {{ daily_headline(
        'session_conversion', 'sessions', 'case when is_converted then 1 else 0 end', '1',
        store='cast(null as string)'
    ) }}
),

{# The units above a store on the day; what has no store belongs to the company alone. #}
placed as (
    select
        daily.*,
        first_units.unit_id as unit_1,
        second_units.unit_id as unit_2,
        third_units.unit_id as unit_3,
        first_units.level as level_1,
        second_units.level as level_2,
        third_units.level as level_3
    from daily
    left join stores on daily.store_id = stores.store_id
    left join units as first_units
        on
            stores.organisation_unit_id = first_units.unit_id
            and daily.business_date between first_units.valid_from and first_units.last_valid_date
    left join units as second_units
        on
            first_units.parent_unit_id = second_units.unit_id
            and daily.business_date between second_units.valid_from and second_units.last_valid_date
    left join units as third_units
        on
            second_units.parent_unit_id = third_units.unit_id
            and daily.business_date between third_units.valid_from and third_units.last_valid_date
),

rolled_up as (
    {% for number in [1, 2, 3] %}
        select
            unit_{{ number }} as unit_id,
            level_{{ number }} as unit_level,
            {{ 'coalesce(unit_' ~ (number + 1) ~ ", 'company')" if number < 3 else "'company'" }}
                as parent_unit_id,
            brand_id,
            brand_id as parent_brand_id,
            figure,
            business_date,
            numerator,
            denominator,
            squares
        from placed
        where unit_{{ number }} is not null
        union all
    {% endfor %}
    select
        'company' as unit_id,
        'brand' as unit_level,
        'company' as parent_unit_id,
        brand_id,
        'all' as parent_brand_id,
        figure,
        business_date,
        numerator,
        denominator,
        squares
    from placed
    union all
    select
        'company' as unit_id,
        'company' as unit_level,
        cast(null as string) as parent_unit_id,
        'all' as brand_id,
        cast(null as string) as parent_brand_id,
        figure,
        business_date,
        numerator,
        denominator,
        squares
    from placed
),

monthly as (
    select
        {{ period_start('month', 'business_date') }} as month,
        unit_id,
        unit_level,
        max_by(parent_unit_id, business_date) filter (where parent_unit_id is not null)
            as parent_unit_id,
        max(parent_brand_id) as parent_brand_id,
        brand_id,
        figure,
        cast(sum(numerator) as double) as numerator,
        cast(sum(denominator) as double) as denominator,
        cast(sum(squares) as double) as squares,
        coalesce(
            {{ divide('sum(numerator)', 'sum(denominator)') }},
            case when sum(denominator) is null then cast(sum(numerator) as double) end
        ) as value
    from rolled_up
    group by {{ period_start('month', 'business_date') }}, unit_id, unit_level, brand_id, figure
),

{# Within: what chance does to a unit. Between: how far units truly lie from their parents. #}
compared as (
    select
        monthly.*,
        parents.value as parent_value,
        {# decimals, for sums of doubles differ with the order of rows #}
        cast(
            monthly.squares - power(monthly.numerator, 2) / nullif(monthly.denominator, 0)
            as decimal(30, 10)
        ) as squares_within,
        cast(
            monthly.denominator * power(monthly.value - parents.value, 2) as decimal(30, 10)
        ) as squares_between
    from monthly
    left join monthly as parents
        on
            monthly.parent_unit_id = parents.unit_id
            and monthly.parent_brand_id = parents.brand_id
            and monthly.month = parents.month
            and monthly.figure = parents.figure
            and parents.denominator > 0
),

estimated as (
    select
        month,
        unit_level,
        figure,
        {{ divide('sum(squares_within)', 'sum(denominator - 1)') }} as within_variance,
        (
            cast(sum(squares_between) as double)
            - count(*) * {{ divide('sum(squares_within)', 'sum(denominator - 1)') }}
        ) / nullif(sum(denominator), 0) as between_variance
    from compared
    where parent_value is not null and denominator > 0
    group by month, unit_level, figure
),

weighted as (
    select
        compared.*,
        case
            when compared.parent_value is null or compared.denominator is null then null
            when coalesce(estimated.between_variance, 0) <= 0 then 0
            else
                compared.denominator * estimated.between_variance
                / (
                    compared.denominator * estimated.between_variance
                    + greatest(estimated.within_variance, 0)
                )
        end as own_weight
    from compared
    left join estimated
        on
            compared.month = estimated.month
            and compared.unit_level = estimated.unit_level
            and compared.figure = estimated.figure
),

headlines as (
    select
        weighted.unit_id,
        weighted.unit_level,
        weighted.parent_unit_id,
        weighted.brand_id,
        weighted.figure,
        case
            when weighted.figure in ('net_revenue', 'profit', 'average_order_value')
                then '{{ var("reporting_currency") }}'
        end as currency,
        weighted.value,
        weighted.numerator,
        weighted.denominator,
        weighted.own_weight,
        case
            when weighted.own_weight is not null
                then
                    weighted.own_weight * coalesce(weighted.value, weighted.parent_value)
                    + (1 - weighted.own_weight) * weighted.parent_value
        end as shrunk_value,
        plan.planned_value,
        weighted.value - plan.planned_value as difference_from_plan,
        {{ month_end('weighted.month') }} > {{ as_of_date() }} as is_unfinished,
        weighted.month
    from weighted
    left join plan
        on
            weighted.month = plan.month
            and weighted.unit_id = plan.unit_id
            and weighted.brand_id = plan.brand_id
            and weighted.figure = plan.figure
)

select * from headlines
