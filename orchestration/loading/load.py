"""Step two of a run: deliveries into raw tables, one transaction per contract."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import groupby

import duckdb
from duckdb.func import FunctionNullHandling

from orchestration.contracts import Contract
from orchestration.errors import ConfigurationError, DeliveryRefused
from orchestration.loading.arrivals import Arrivals, RefusedFile
from orchestration.loading.batches import Batch, quarantine_rejects_sql, stage
from orchestration.loading.deliveries import Delivery
from orchestration.loading.phones import phone_normaliser
from orchestration.sql import identifier, literals
from orchestration.workspace import Workspace

LOADED, QUARANTINED, SUPERSEDED, REPEATED = "loaded", "quarantined", "superseded", "repeated"


@dataclass
class LoadReport:
    """What one run loaded, quarantined and refused."""

    rows_loaded: dict[str, int] = field(default_factory=dict)
    rows_quarantined: dict[str, int] = field(default_factory=dict)
    messages: list[str] = field(default_factory=list)

    def add(self, contract: Contract, loaded: int, quarantined: int) -> None:
        """Count the rows of one delivery."""
        table = contract.table
        self.rows_loaded[table] = self.rows_loaded.get(table, 0) + loaded
        self.rows_quarantined[table] = self.rows_quarantined.get(table, 0) + quarantined


@dataclass
class Loader:
    """Loads deliveries over one sandboxed connection."""

    connection: duckdb.DuckDBPyConnection
    workspace: Workspace
    run_id: str
    loaded_at: dt.datetime
    report: LoadReport = field(default_factory=LoadReport)

    def load(self, arrivals: Arrivals, progress: Callable[[str], None]) -> LoadReport:
        """Load what is new; every delivery ends in `quality.deliveries`, whatever happens."""
        self._prepare_connection()
        new = [item for item in arrivals.deliveries if not self._is_settled(item)]
        for _, items in groupby(new, key=lambda item: item.contract.table):
            batches = []
            for delivery in items:
                progress(f"{delivery.contract.slug}: {delivery.file_name}")
                if batch := self._stage(delivery):
                    batches.append(batch)
            self._insert(batches)
        for refused in arrivals.refused:
            self._record_refused_file(refused)
        return self.report

    def _prepare_connection(self) -> None:
        """Let the connection see the archive and nothing else, then lock it."""
        normalise = phone_normaliser(self.workspace.settings.country)
        self.connection.create_function(
            "normalise_phone",
            normalise,
            ["VARCHAR"],
            "VARCHAR",
            null_handling=FunctionNullHandling.SPECIAL,
        )
        folders = [str(self.workspace.archive), str(self.workspace.temporary)]
        self.connection.execute(f"set allowed_directories = {literals(folders)}")
        self.connection.execute("set enable_external_access = false")
        self.connection.execute("set lock_configuration = true")

    def _is_settled(self, delivery: Delivery) -> bool:
        """Loaded and in force, or refused before under the same definition.

        What a feed had loaded is loaded anew when the feed or its contract has changed.
        """
        row = self.connection.execute(
            "select status, definition_hash from quality.deliveries where delivery_id = ?",
            [delivery.delivery_id],
        ).fetchone()
        if row is None:
            return False
        status, definition = row
        if definition == delivery.definition_hash:
            return status in (LOADED, QUARANTINED)
        return status == LOADED and delivery.feed is None

    def _is_loaded(self, delivery: Delivery) -> bool:
        found = self.connection.execute(
            "select 1 from quality.deliveries where delivery_id = ? and status = ?",
            [delivery.delivery_id, LOADED],
        ).fetchone()
        return found is not None

    def _stage(self, delivery: Delivery) -> Batch | None:
        """Stage one delivery, or refuse it whole."""
        batch = Batch(delivery, f"_batch_{delivery.delivery_id}")
        try:
            stage(self.connection, self.workspace.archive, batch)
            _refuse_too_many_bad_rows(batch)
        except DeliveryRefused as error:
            if self._is_loaded(delivery):
                raise ConfigurationError(
                    f"The feed for {delivery.contract.slug} no longer loads {delivery.file_name},"
                    f" which it had loaded before: {error.reason}; mend it in rapport.yml."
                ) from error
            self._refuse(batch, error)
            self.connection.execute(f"drop table if exists {batch.name}")
            return None
        return batch

    def _insert(self, batches: Sequence[Batch]) -> None:
        """Insert all batches of one contract in one transaction."""
        if not batches:
            return
        self.connection.execute("begin")
        try:
            for batch in batches:
                self._insert_batch(batch)
            self.connection.execute("commit")
        except duckdb.Error:
            self.connection.execute("rollback")
            raise
        for batch in batches:
            self.connection.execute(f"drop table {batch.name}")
            self.report.add(batch.delivery.contract, batch.rows_loaded, batch.rows_quarantined)
            if batch.rows_quarantined:
                delivery = batch.delivery
                self.report.messages.append(
                    f"{delivery.contract.slug}: {batch.rows_quarantined:,} of"
                    f" {batch.rows_delivered:,} rows of {delivery.file_name} were quarantined;"
                    f" quarantine.{delivery.contract.table} has each with its reason."
                )

    def _insert_batch(self, batch: Batch) -> None:
        contract = batch.delivery.contract
        if batch.delivery.is_whole:
            self._supersede(contract)
        self._take_out(batch.delivery)
        columns = [name for name in contract.raw_columns if not name.startswith("_")]
        names = ", ".join(identifier(name) for name in columns)
        table = identifier(contract.table)
        parameters = {
            "delivery_id": batch.delivery.delivery_id,
            "received_at": batch.delivery.received_at,
            "loaded_at": self.loaded_at,
        }
        self.connection.execute(
            f"insert into raw.{table} ({names}, _delivery_id, _row_number, _received_at,"
            f" _loaded_at, _extra) select {names}, $delivery_id, _row_number, $received_at,"
            f" $loaded_at, _extra from {batch.name} where _reason is null order by _row_number",
            parameters,
        )
        if batch.rows_bad:
            self.connection.execute(
                f"insert into quarantine.{table} select $delivery_id, _row_number, _reason,"
                f" _raw_text, $received_at, $loaded_at from {batch.name} where _reason is not null",
                parameters,
            )
        if batch.rows_rejected:
            for rejects in batch.rejects:
                sql = quarantine_rejects_sql(batch, rejects, contract.table)
                self.connection.execute(sql, {"loaded_at": self.loaded_at})
        self._record(batch, LOADED)

    def _take_out(self, delivery: Delivery) -> None:
        """Remove the rows of an earlier evaluation of the same delivery."""
        for schema in ("raw", "quarantine"):
            self.connection.execute(
                f"delete from {schema}.{identifier(delivery.contract.table)}"
                " where _delivery_id = ?",
                [delivery.delivery_id],
            )

    def _supersede(self, contract: Contract) -> None:
        """Take out what an earlier evaluation of the same feed had loaded."""
        earlier = "select delivery_id from quality.deliveries where contract = ? and status = ?"
        for schema in ("raw", "quarantine"):
            self.connection.execute(
                f"delete from {schema}.{identifier(contract.table)}"
                f" where _delivery_id in ({earlier})",
                [contract.slug, LOADED],
            )
        self.connection.execute(
            "update quality.deliveries set status = ? where contract = ? and status = ?",
            [SUPERSEDED, contract.slug, LOADED],
        )

    def _refuse(self, batch: Batch, error: DeliveryRefused) -> None:
        """Quarantine a whole delivery: nothing of it is loaded, its files are set aside."""
        delivery = batch.delivery
        records = max(error.records, batch.records_in_files)
        batch.records_in_files, batch.rows_loaded = records, 0
        batch.rows_bad, batch.rows_rejected = records, 0
        for file in delivery.files:
            folder = self.workspace.quarantine / delivery.delivery_id
            target = folder / file.file_name
            target.parent.mkdir(parents=True, exist_ok=True)
            if not target.exists():
                shutil.copyfile(self.workspace.archive / file.sha256, target)
            note = {"contract": delivery.contract.slug, "code": error.code, "reason": error.reason}
            (folder / "reason.json").write_text(json.dumps(note, indent=1), "utf-8")
        self._record(batch, QUARANTINED, error)
        self.report.add(delivery.contract, 0, records)
        self.report.messages.append(
            f"{delivery.contract.slug}: {delivery.file_name} was quarantined whole, {error.reason}."
        )

    def _record(self, batch: Batch, status: str, error: DeliveryRefused | None = None) -> None:
        delivery = batch.delivery
        self.connection.execute(
            "insert or replace into quality.deliveries values"
            " (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                delivery.delivery_id, self.run_id, delivery.contract.slug,
                delivery.contract.source, delivery.contract.extract, delivery.file_name,
                delivery.files[0].sha256, delivery.contract.dialect.format, status,
                error.code if error else None, error.reason if error else None,
                "; ".join(batch.warnings) or None, batch.records_in_files,
                batch.rows_delivered, batch.rows_loaded, batch.rows_quarantined,
                delivery.definition_hash, delivery.received_at, self.loaded_at,
            ],
        )  # fmt: skip
        self.connection.execute(
            "delete from quality.delivery_files where delivery_id = ?", [delivery.delivery_id]
        )
        for file in delivery.files:
            self.connection.execute(
                "insert into quality.delivery_files values (?, ?, ?, ?, ?, ?)",
                [
                    delivery.delivery_id, file.relation, file.file_name, file.sha256,
                    file.size_bytes, batch.records_by_file.get(file.sha256),
                ],
            )  # fmt: skip
        self.report.messages += [f"{delivery.contract.slug}: {text}" for text in batch.warnings]

    def _record_refused_file(self, refused: RefusedFile) -> None:
        """A file that is not loaded at all still has its line in the manifest, once."""
        contract = refused.contract
        records = self._records_of(refused)
        exists = self.connection.execute(
            "select 1 from quality.deliveries where delivery_id = ?", [refused.delivery_id]
        ).fetchone()
        if exists:
            return
        self.connection.execute(
            "insert into quality.deliveries values"
            " (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, null, ?, ?, 0, ?, null, null, ?)",
            [
                refused.delivery_id, self.run_id, contract.slug, contract.source,
                contract.extract, refused.file_name, refused.sha256, contract.dialect.format,
                REPEATED if refused.code == "repeated" else QUARANTINED, refused.code,
                refused.reason, records, records, records, self.loaded_at,
            ],
        )  # fmt: skip
        self.report.add(contract, 0, records)
        self.report.messages.append(
            f"{contract.slug}: {refused.file_name} was refused, {refused.reason}."
        )

    def _records_of(self, refused: RefusedFile) -> int:
        """How many records a repeated file brings a second time."""
        row = self.connection.execute(
            "select max(records) from quality.delivery_files where sha256 = ?", [refused.sha256]
        ).fetchone()
        return int(row[0] or 0) if row else 0


def _refuse_too_many_bad_rows(batch: Batch) -> None:
    contract = batch.delivery.contract
    limit = contract.max_bad_share
    if batch.rows_delivered and batch.rows_quarantined / batch.rows_delivered > limit:
        raise DeliveryRefused(
            "bad_share",
            f"{batch.rows_quarantined} of {batch.rows_delivered} rows break the contract, more"
            f" than the {limit:.0%} it allows",
            batch.records_in_files,
        )
