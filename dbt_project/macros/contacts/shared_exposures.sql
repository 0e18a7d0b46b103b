{#
    Common table expressions that end in `shared_exposures`: for each kind and detail of what met a
    region or everybody, how many seconds of customers' lives lay within the days of such an event.
    Nobody is joined to an event: how long all customers of a region have lived until a moment is the
    number of those who had begun, times the moment, less the sum of their beginnings, and the same
    of their ends. `triggers` are rows of int_contact_triggers_unioned without null in a detail,
    `lives` has customer_id, first_at and last_at.
#}
{% macro shared_exposures(triggers, lives) %}
located as (
    select
        {{ region_audience('customers.region') }} as region_key,
        lives.first_at,
        lives.last_at
    from {{ lives }} as lives
    inner join {{ ref('int_customers_profiled') }} as customers
        on lives.customer_id = customers.customer_id
),

{# Where the days of two events overlap, they count once. #}
met as (
    select
        regions.region_key,
        shared.trigger_type,
        shared.trigger_detail,
        shared.forgotten_at as to_at,
        greatest(shared.seen_at, coalesce(max(shared.forgotten_at) over (
            partition by regions.region_key, shared.trigger_type, shared.trigger_detail
            order by shared.seen_at, shared.forgotten_at
            rows between unbounded preceding and 1 preceding
        ), shared.seen_at)) as free_at
    from (select distinct region_key from located) as regions
    inner join {{ triggers }} as shared
        on shared.audience_key in (regions.region_key, {{ everybody() }})
),

moments as (
    select
        region_key,
        1 as begun_count,
        first_at as moment
    from located
    union all
    select
        region_key,
        -1 as begun_count,
        last_at as moment
    from located
    {% for moment in ['free_at', 'to_at'] %}
        union all
        select
            region_key,
            0 as begun_count,
            {{ moment }} as moment
        from met
        where to_at > free_at
    {% endfor %}
),

counted_moments as (
    select
        region_key,
        begun_count,
        moment,
        cast({{ epoch_milliseconds('moment') }} as decimal(19, 0)) as milliseconds
    from moments
),

lived as (
    select
        region_key,
        moment,
        begun_count,
        cast(sum(begun_count) over so_far as decimal(19, 0)) * milliseconds
        - cast(sum(begun_count * milliseconds) over so_far as decimal(38, 0)) as lived_milliseconds
    from counted_moments
    window so_far as (
        partition by region_key order by moment
        rows between unbounded preceding and current row
    )
),

asked as (
    select
        region_key,
        moment,
        max(lived_milliseconds) as lived_milliseconds
    from lived
    where begun_count = 0
    group by region_key, moment
),

shared_exposures as (
    select
        met.trigger_type,
        met.trigger_detail,
        cast(
            cast(sum(ends.lived_milliseconds - begins.lived_milliseconds) as decimal(30, 0))
            * cast(0.001 as decimal(4, 3)) as double
        ) as exposed_seconds
    from met
    inner join asked as begins
        on met.region_key = begins.region_key and met.free_at = begins.moment
    inner join asked as ends
        on met.region_key = ends.region_key and met.to_at = ends.moment
    where met.to_at > met.free_at
    group by met.trigger_type, met.trigger_detail
)
{% endmacro %}
