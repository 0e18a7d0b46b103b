"""A delivery loaded by one scan: good rows go straight into raw, bad ones are set aside.

It proves itself complete within the transaction. Whatever does not add up here is rolled back and
staged instead, where it is loaded, set aside in part or refused with its reason.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
from duckdb.func import FunctionNullHandling

from orchestration.errors import DeliveryRefused
from orchestration.loading.batches import (
    Batch,
    count_rejected,
    data_errors_refuse,
    prove,
    rows_sql,
)
from orchestration.loading.deliveries import Delivery
from orchestration.loading.readable import Reader
from orchestration.sql import identifier, insert_rows

MOST_BAD_ROWS = 50_000
MOST_BAD_BYTES = 64 << 20
CARRIED = ("_delivery_id", "_row_number", "_received_at", "_is_deleted", "_extra")
# a filter above a limit is not merged into the select below, which would then be computed twice
BARRIER = "limit 9223372036854775807"


@dataclass
class BadRows:
    """Rows that a scan sets aside on its way, by the SQL function `set_aside`."""

    rows: list[tuple[int, str, str]] = field(default_factory=list)
    bytes_held: int = 0

    def create_function(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Let SQL set rows aside."""
        connection.create_function(
            "set_aside",
            self.set_aside,
            ["BIGINT", "VARCHAR", "VARCHAR"],
            "BOOLEAN",
            null_handling=FunctionNullHandling.SPECIAL,
            side_effects=True,
        )

    def set_aside(self, row_number: int, reason: str, raw_text: str) -> bool:
        """Keep a row; always False, for it is not to be loaded. Raises when there are too many."""
        self.rows.append((row_number, reason, raw_text))
        self.bytes_held += len(raw_text)
        if len(self.rows) > MOST_BAD_ROWS or self.bytes_held > MOST_BAD_BYTES:
            raise ValueError("more bad rows than are kept in memory")
        return False

    def clear(self) -> None:
        """Forget the rows of a scan."""
        self.rows, self.bytes_held = [], 0


def is_direct(delivery: Delivery) -> bool:
    """Whether the rows of a delivery are the records of its one file."""
    return delivery.feed is None


def load_directly(
    connection: duckdb.DuckDBPyConnection,
    archive: Path,
    reader: Reader,
    batch: Batch,
    bad: BadRows,
    loaded_at: dt.datetime,
) -> None:
    """Load a delivery within the caller's transaction; raise DeliveryRefused if it does not add up.

    What is left to the caller is to note it, and the lines that could not be read. A delivery
    without any good row does not add up here either: DuckDB 1.5.5 loses what a transaction inserts
    into a table, a row group or more, after it has inserted no row at all.
    """
    contract = batch.delivery.contract
    bad.clear()
    names = [name for name in contract.raw_columns if not name.startswith("_")]
    columns = ", ".join([*map(identifier, names), *CARRIED])
    with data_errors_refuse(batch):
        sql = rows_sql(connection, archive, reader, batch)
        if not batch.records_in_files:
            return
        row = connection.execute(
            f"insert into raw.{identifier(contract.table)} ({columns}, _loaded_at)"
            f" select {columns}, $loaded_at from (from ({sql}) {BARRIER}) where case"
            " when _reason is null then true else set_aside(_row_number, _reason, _raw_text) end",
            {"loaded_at": loaded_at},
        ).fetchone()
        count_rejected(connection, batch)
    batch.rows_loaded, batch.rows_bad = int(row[0]) if row else 0, len(bad.rows)
    if not batch.rows_loaded:
        raise DeliveryRefused("no_good_row", "no row keeps the contract", batch.records_in_files)
    prove(connection, batch, reader.limits)
    _insert_bad(connection, batch, bad, loaded_at)
    bad.clear()


def _insert_bad(
    connection: duckdb.DuckDBPyConnection, batch: Batch, bad: BadRows, loaded_at: dt.datetime
) -> None:
    delivery = batch.delivery
    table = f"quarantine.{identifier(delivery.contract.table)}"
    about = (delivery.received_at, loaded_at)
    insert_rows(
        connection, table, [(delivery.delivery_id, *row, *about) for row in sorted(bad.rows)]
    )
