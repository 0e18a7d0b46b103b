with shapes as (
    select * from {{ ref('source_shapes') }}
),

contracts as (
    select * from {{ ref('stg_quality__sources') }}
),

sources as (
    select
        shapes.source_shape_id,
        shapes.system_name,
        shapes.object_name,
        shapes.family,
        case shapes.status
            when 'loaded' then 'loaded'
            when 'contract' then 'contract only'
            else 'named only'
        end as source_status,
        shapes.contract,
        contracts.source,
        contracts.extract,
        contracts.channel_id,
        contracts.journey_stage,
        contracts.data_type,
        shapes.example,
        shapes.status = 'loaded' as is_loaded
    from shapes
    left join contracts on shapes.contract = contracts.contract
)

select * from sources
