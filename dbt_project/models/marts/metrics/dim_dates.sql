with bounds as (
    select
        coalesce(min(business_date), {{ as_of_date() }}) as first_date,
        {{ as_of_date() }} as last_date
    from {{ ref('int_orders_unioned') }}
),

dates as (
    {{ date_spine('bounds') }}
),

described as (
    select
        business_date,
        cast(extract(year from business_date) as integer) as year_number,
        cast(extract(quarter from business_date) as integer) as quarter_number,
        cast(extract(month from business_date) as integer) as month_number,
        cast(extract(week from business_date) as integer) as iso_week_number,
        cast(extract(day from business_date) as integer) as day_of_month_number,
        {{ iso_day_of_week('business_date') }} as iso_day_of_week_number,
        {{ iso_day_of_week('business_date') }} >= 6 as is_weekend,
        {{ period_start('week', 'business_date') }} as week_start_date,
        {{ period_start('month', 'business_date') }} as month_start_date,
        {{ month_end('business_date') }} as month_end_date
    from dates
)

select * from described
