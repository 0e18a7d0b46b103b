with channels as (
    select * from {{ ref('channels') }}
),

contracts as (
    select * from {{ ref('stg_quality__sources') }}
    where channel_id <> 'all'
),

coverage as (
    select
        channel_id,
        {{ list_distinct('journey_stage') }} as journey_stages,
        {{ list_distinct('data_type') }} as data_types,
        count(*) as contract_count,
        sum(case when rows_loaded > 0 then 1 else 0 end) as loaded_contract_count,
        sum(rows_loaded) as row_count,
        max(last_received_at) as last_received_at
    from contracts
    group by channel_id
),

-- a company may add contracts of a channel that has no name here yet
named as (
    select
        coalesce(channels.channel_id, coverage.channel_id) as channel_id,
        coalesce(channels.channel_name, coverage.channel_id) as channel_name,
        channels.family,
        channels.medium,
        channels.direction,
        channels.description,
        coverage.journey_stages,
        coverage.data_types,
        coalesce(coverage.contract_count, 0) as contract_count,
        cast(coalesce(coverage.loaded_contract_count, 0) as bigint) as loaded_contract_count,
        cast(coalesce(coverage.row_count, 0) as bigint) as row_count,
        coalesce(coverage.row_count, 0) > 0 as is_loaded,
        coverage.last_received_at
    from channels
    full outer join coverage on channels.channel_id = coverage.channel_id
)

select * from named
