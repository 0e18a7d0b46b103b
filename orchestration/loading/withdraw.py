"""Out of raw again: deliveries that the raw gate stopped."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from orchestration.contracts import Contract
from orchestration.loading.manifest import LOADED, QUARANTINED
from orchestration.loading.rulings import Withdrawal, Withdrawn, note_withdrawn
from orchestration.sql import identifier, transaction
from orchestration.workspace import Workspace

DELIVERIES_OF_RUNS = """
    select delivery_id from quality.deliveries
    where contract = ? and run_id in (select unnest(?)) and status = ?
"""
WITHDRAWN_OF_RUNS = """
    select delivery_id, definition_hash, reason, rows_delivered from quality.deliveries
    where
        contract = ? and run_id in (select unnest(?)) and status = ?
        and reason_code = 'raw_gate'
"""
WITHDRAWN_EVER = """
    select delivery_id, definition_hash, reason, rows_delivered from quality.deliveries
    where status = ? and reason_code = 'raw_gate'
"""


def withdraw(
    connection: duckdb.DuckDBPyConnection,
    workspace: Workspace,
    contract: Contract,
    run_ids: Sequence[str],
    reason: str,
) -> int:
    """Quarantine whole what runs had loaded for a contract; returns the deliveries withdrawn.

    The run has failed, but the next one finds raw as it was before and can go on without them;
    their files are kept in the archive, which is told too, and a corrected file is a new delivery.
    """
    parameters = [contract.slug, list(run_ids), LOADED]
    found = connection.execute(DELIVERIES_OF_RUNS, parameters).fetchall()
    if not found:
        return 0
    with transaction(connection):
        for schema in ("raw", "quarantine"):
            connection.execute(
                f"delete from {schema}.{identifier(contract.table)}"
                f" where _delivery_id in ({DELIVERIES_OF_RUNS})",
                parameters,
            )
        connection.execute(
            "update quality.deliveries set status = ?, reason_code = 'raw_gate', reason = ?,"
            " rows_loaded = 0, rows_quarantined = rows_delivered"
            f" where delivery_id in ({DELIVERIES_OF_RUNS})",
            [QUARANTINED, reason, *parameters],
        )
        parameters = [contract.slug, list(run_ids), QUARANTINED]
        stopped = connection.execute(WITHDRAWN_OF_RUNS, parameters)
        note_withdrawn(workspace, [Withdrawal(*row) for row in stopped.fetchall()])
    return len(found)


def note_earlier(connection: duckdb.DuckDBPyConnection, workspace: Workspace, table: str) -> None:
    """Note what the raw gate had stopped before the archive was told of it."""
    known = Withdrawn.read(workspace).by_delivery
    rows = connection.execute(
        WITHDRAWN_EVER.replace("quality.deliveries", table), [QUARANTINED]
    ).fetchall()
    found = [Withdrawal(*row) for row in rows]
    fresh = [item for item in found if (item.delivery_id, item.definition_hash) not in known]
    note_withdrawn(workspace, fresh)
