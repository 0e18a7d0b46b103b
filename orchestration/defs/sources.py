"""The catalogue of sources: how each stands, how full its columns are, what events break."""

from collections.abc import Iterator

import dagster as dg

from orchestration.defs.raw import CONTRACTS, raw_key
from orchestration.defs.session import SESSION, session_of
from orchestration.gates.sources import update_sources

TABLES = {
    "sources": "One row per contract: what it promises, what it brought, whether it is stale.",
    "source_columns": "One row per column of a contract, with the rows that hold a value.",
    "event_plan": "One row per finding about events of a type, day and release; from the raw gate.",
}


@dg.multi_asset(
    name="sources",
    specs=[
        dg.AssetSpec(
            ["quality", name],
            deps=[raw_key(item) for item in CONTRACTS],
            group_name="quality",
            description=description,
        )
        for name, description in TABLES.items()
    ],
    required_resource_keys={SESSION},
)
def sources(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[None]]:
    """Write the catalogue from contracts and raw tables, once raw has passed its gate."""
    session = session_of(context)
    with session.step("Describe sources") as step, session.connection() as connection:
        update_sources(connection, CONTRACTS, session.as_of_date, session.record.run_id)
        step.rows = len(CONTRACTS)
    for name in TABLES:
        yield dg.MaterializeResult(asset_key=["quality", name])
