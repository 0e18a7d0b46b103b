"""The manifest of deliveries: what is settled, and what this run adds to it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field

import duckdb

from orchestration.errors import DeliveryRefused
from orchestration.loading.arrivals import RefusedFile
from orchestration.loading.batches import Batch
from orchestration.loading.deliveries import Delivery, digest
from orchestration.sql import insert_rows

LOADED, QUARANTINED, SUPERSEDED, REPEATED = "loaded", "quarantined", "superseded", "repeated"
LIMIT_CODES = ("limit", "record_size")


@dataclass
class Manifest:
    """`quality.deliveries` and `quality.delivery_files`, read once, written in bulk."""

    connection: duckdb.DuckDBPyConnection
    run_id: str
    loaded_at: dt.datetime
    limits: str = ""
    known: dict[str, tuple[str, str | None]] = field(default_factory=dict)
    _deliveries: list[tuple[object, ...]] = field(default_factory=list)
    _files: list[tuple[object, ...]] = field(default_factory=list)

    def __post_init__(self) -> None:
        rows = self.connection.execute(
            "select delivery_id, status, definition_hash from quality.deliveries"
        ).fetchall()
        self.known = {delivery_id: (status, text) for delivery_id, status, text in rows}

    def is_settled(self, delivery: Delivery) -> bool:
        """Loaded and in force, or refused before under the same definition.

        What a feed had loaded is loaded anew when the feed or its contract has changed.
        """
        status, definition = self.known.get(delivery.delivery_id, (None, None))
        if definition in (delivery.definition_hash, self._limited(delivery)):
            return status in (LOADED, QUARANTINED)
        return status == LOADED and delivery.feed is None

    def is_loaded(self, delivery: Delivery) -> bool:
        """Whether an earlier evaluation of it is in force."""
        return self.known.get(delivery.delivery_id, (None,))[0] == LOADED

    def _limited(self, delivery: Delivery) -> str:
        """What decided over a delivery that was refused for its size."""
        return digest(delivery.definition_hash, self.limits)

    def known_ids(self, batches: Iterable[Batch]) -> list[str]:
        """The deliveries among these that were evaluated before."""
        ids = (batch.delivery.delivery_id for batch in batches)
        return [delivery_id for delivery_id in ids if delivery_id in self.known]

    def note(self, batch: Batch, status: str, error: DeliveryRefused | None = None) -> None:
        """Note how a delivery ended; `write` makes it lasting."""
        delivery = batch.delivery
        contract = delivery.contract
        is_limited = error is not None and error.code in LIMIT_CODES
        definition = self._limited(delivery) if is_limited else delivery.definition_hash
        self._deliveries.append(
            (
                delivery.delivery_id, self.run_id, contract.slug, contract.source,
                contract.extract, delivery.file_name, delivery.files[0].sha256,
                delivery.dialect.format, status,
                error.code if error else None, error.reason if error else None,
                "; ".join(batch.warnings) or None, batch.records_in_files,
                batch.rows_delivered, batch.rows_loaded, batch.rows_quarantined,
                definition, delivery.received_at, self.loaded_at,
            )
        )  # fmt: skip
        for file in delivery.files:
            records = batch.records_by_file.get(file.sha256)
            self._files.append(
                (
                    delivery.delivery_id, file.relation, file.file_name, file.sha256,
                    file.size_bytes, records,
                )
            )  # fmt: skip

    def note_refused_file(self, refused: RefusedFile) -> int | None:
        """Note a file that is not loaded at all, once; returns its records, None if known."""
        if refused.delivery_id in self.known:
            return None
        contract, records = refused.contract, self._records_of(refused.sha256)
        status = REPEATED if refused.code == REPEATED else QUARANTINED
        self._deliveries.append(
            (
                refused.delivery_id, self.run_id, contract.slug, contract.source,
                contract.extract, refused.file_name, refused.sha256, contract.dialect.format,
                status, refused.code, refused.reason, None, records, records, 0, records, None,
                None, self.loaded_at,
            )
        )  # fmt: skip
        return records

    def write(self) -> None:
        """Insert everything noted, within the transaction of the caller."""
        ids = [row[0] for row in self._deliveries if row[0] in self.known]
        if ids:
            sql = "delete from quality.delivery_files where delivery_id in (select unnest(?))"
            self.connection.execute(sql, [ids])
        insert_rows(self.connection, "quality.deliveries", self._deliveries, or_replace=True)
        insert_rows(self.connection, "quality.delivery_files", self._files)
        self._deliveries, self._files = [], []

    def _records_of(self, sha256: str) -> int:
        """How many records a repeated file brings a second time."""
        row = self.connection.execute(
            "select max(records) from quality.delivery_files where sha256 = ?", [sha256]
        ).fetchone()
        return int(row[0] or 0) if row else 0


def last_receipt(connection: duckdb.DuckDBPyConnection) -> dt.datetime | None:
    """Until when everything received is known to the warehouse, UTC."""
    sql = f"select max(received_at) from quality.deliveries where status = '{LOADED}'"
    found: dt.datetime | None = connection.execute(sql).fetchall()[0][0]
    return found
