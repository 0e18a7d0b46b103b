with visits as (
    select * from {{ ref('stg_market__mystery_visits') }}
    where {{ until_as_of('business_date') }}
),

criteria as (
    select
        visit_id,
        criterion,
        {{ as_amount('score * coalesce(weight, 1)') }} as earned_points,
        {{ as_amount('score_max * coalesce(weight, 1)') }} as possible_points
    from {{ ref('stg_market__mystery_scores') }}
),

totals as (
    select
        visit_id,
        {{ as_amount('sum(earned_points)') }} as earned_points,
        {{ as_amount('sum(possible_points)') }} as possible_points
    from criteria
    group by visit_id
),

unioned as (
    select * from criteria
    union all
    select
        visits.visit_id,
        'total' as criterion,
        coalesce(totals.earned_points, visits.total_score) as earned_points,
        coalesce(totals.possible_points, visits.score_max) as possible_points
    from visits
    left join totals on visits.visit_id = totals.visit_id
),

scored as (
    select
        visits.visit_id,
        unioned.criterion,
        visits.store_id,
        visits.shopper_id,
        visits.brand_id,
        visits.company,
        visits.region,
        visits.channel,
        unioned.earned_points,
        unioned.possible_points,
        round(100 * {{ divide('unioned.earned_points', 'unioned.possible_points') }}, 6)
            as mystery_score,
        unioned.criterion = 'total' as is_total,
        visits.is_own,
        visits.business_date,
        visits.visited_at
    from unioned
    inner join visits on unioned.visit_id = visits.visit_id
)

select * from scored
