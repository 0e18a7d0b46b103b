"""The identity keys of every staging table."""

import dagster as dg

from orchestration.defs.raw import CONTRACTS
from orchestration.defs.session import SESSION, session_of
from orchestration.identity import update_customer_keys

STAGING_KEYS = [
    dg.AssetKey(["staging", f"stg_{item.source}__{item.extract}"]) for item in CONTRACTS
]


@dg.asset(
    key=["identity", "customer_keys"],
    deps=STAGING_KEYS,
    group_name="identity",
    required_resource_keys={SESSION},
)
def customer_keys(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
    """One row per identity key ever seen, with the customer it belongs to."""
    session = session_of(context)
    with session.step("Identify") as step, session.connection() as connection:
        step.rows = update_customer_keys(
            connection, CONTRACTS, session.workspace.secret, session.record.run_id
        )
    return dg.MaterializeResult(metadata={"identity_keys": step.rows or 0})
