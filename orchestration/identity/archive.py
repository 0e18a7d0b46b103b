"""The ledger in the archive: what happened to customers cannot be found again from extracts.

It lies in `archive/identity/`, a file for the events of each run, named by their numbers. An event
holds keys, which stand in the archived extracts too, and nothing else of a person.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import duckdb

from orchestration.identity.tables import (
    create_identity_tables,
    derive_customer_keys,
    found_from_keys,
    is_before_ledger,
)
from orchestration.identity.tombstones import ERASE
from orchestration.sql import identifier, literal
from orchestration.workspace import Workspace, kept_file

DIGITS = 12


def export_ledger(connection: duckdb.DuckDBPyConnection, workspace: Workspace) -> None:
    """Add to the archive the events that it does not hold yet, lasting and whole."""
    folder = workspace.ledger
    first, last = _last_archived(folder) + 1, last_event(connection)
    if last < first:
        return
    with kept_file(folder / f"{first:0{DIGITS}d}_{last:0{DIGITS}d}.parquet") as path:
        connection.execute(
            f"copy (from identity.events where event_number >= {first} order by event_number)"
            f" to {literal(path)} (format parquet, compression zstd)"
        )


def replay_ledger(
    connection: duckdb.DuckDBPyConnection, workspace: Workspace, until: dt.datetime | None = None
) -> None:
    """Take over the archived events that the warehouse does not know, known by `until` (UTC).

    An erasure is taken over whenever it came: no date brings the erased back.
    """
    create_identity_tables(connection)
    folder, known = workspace.ledger, last_event(connection)
    if _last_archived(folder) <= known:
        return
    files = ", ".join(literal(path) for path in _files(folder) if _numbers(path)[1] > known)
    connection.execute(
        f"insert into identity.events by name from read_parquet([{files}])"
        f" where event_number > $known and ($until is null or known_at <= $until"
        f" or kind = '{ERASE}')"
        " order by event_number",
        {"known": known, "until": until},
    )
    derive_customer_keys(connection)


def keep_ledger(connection: duckdb.DuckDBPyConnection, catalog: str) -> None:
    """Take over the ledger of another warehouse, or its customers where it kept none."""
    create_identity_tables(connection)
    name = identifier(catalog)
    if is_before_ledger(connection, catalog):
        found_from_keys(connection, f"{name}.identity.customer_keys", f"{name}.quality.deliveries")
        return
    connection.execute(
        f"insert into identity.events by name from {name}.identity.events"
        " where event_number > (select coalesce(max(event_number), 0) from identity.events)"
        " order by event_number"
    )
    derive_customer_keys(connection)


def last_event(connection: duckdb.DuckDBPyConnection) -> int:
    """The number of the last event; 0 before the first."""
    sql = "select coalesce(max(event_number), 0) from identity.events"
    return int(connection.execute(sql).fetchall()[0][0])


def _files(folder: Path) -> list[Path]:
    return sorted(folder.glob("[0-9]*.parquet"))


def _last_archived(folder: Path) -> int:
    return max((_numbers(path)[1] for path in _files(folder)), default=0)


def _numbers(path: Path) -> tuple[int, int]:
    first, last = path.stem.split("_")
    return int(first), int(last)
