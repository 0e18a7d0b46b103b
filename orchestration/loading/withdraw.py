"""Out of raw again: deliveries that the raw gate stopped."""

from __future__ import annotations

import duckdb

from orchestration.contracts import Contract
from orchestration.loading.manifest import LOADED, QUARANTINED
from orchestration.sql import identifier, transaction

DELIVERIES_OF_RUN = """
    select delivery_id from quality.deliveries
    where contract = ? and run_id = ? and status = ?
"""


def withdraw(
    connection: duckdb.DuckDBPyConnection, contract: Contract, run_id: str, reason: str
) -> int:
    """Quarantine whole what a run had loaded for a contract; returns the deliveries withdrawn.

    The run has failed, but the next one finds raw as it was before and can go on without them;
    their files are kept in the archive, and a corrected file is a new delivery.
    """
    parameters = [contract.slug, run_id, LOADED]
    found = connection.execute(DELIVERIES_OF_RUN, parameters).fetchall()
    if not found:
        return 0
    with transaction(connection):
        for schema in ("raw", "quarantine"):
            connection.execute(
                f"delete from {schema}.{identifier(contract.table)}"
                f" where _delivery_id in ({DELIVERIES_OF_RUN})",
                parameters,
            )
        connection.execute(
            "update quality.deliveries set status = ?, reason_code = 'raw_gate', reason = ?,"
            " rows_loaded = 0, rows_quarantined = rows_delivered"
            f" where delivery_id in ({DELIVERIES_OF_RUN})",
            [QUARANTINED, reason, *parameters],
        )
    return len(found)
