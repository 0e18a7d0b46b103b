"""Step two of a run: deliveries into raw tables, one transaction per contract."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby

import duckdb
from duckdb.func import FunctionNullHandling

from orchestration.contracts import Contract
from orchestration.errors import ConfigurationError, DeliveryRefused, RapportError
from orchestration.loading.arrivals import Arrivals, RefusedFile
from orchestration.loading.batches import Batch, quarantine_rejects_sql, stage
from orchestration.loading.deliveries import Delivery
from orchestration.loading.direct import BadRows, is_direct, load_directly
from orchestration.loading.manifest import LOADED, QUARANTINED, SUPERSEDED, Manifest
from orchestration.loading.mended import mend_again
from orchestration.loading.phones import phone_normaliser
from orchestration.loading.readable import Reader
from orchestration.loading.rulings import Withdrawn
from orchestration.loading.together import stage_together
from orchestration.sql import identifier, literals, transaction
from orchestration.workspace import PRIVATE_MODE, Workspace

CONVERTED = "converted"


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
    bad_rows: BadRows = field(default_factory=BadRows)

    @cached_property
    def manifest(self) -> Manifest:
        """What is settled, and what this run adds."""
        limits = self.workspace.settings.limits.model_dump_json()
        return Manifest(self.connection, self.run_id, self.loaded_at, limits)

    @cached_property
    def reader(self) -> Reader:
        """Makes files readable; what it converts lies in a private folder for a while."""
        return Reader(self.workspace.temporary / CONVERTED, self.workspace.settings.limits)

    def load(self, arrivals: Arrivals, progress: Callable[[str], None]) -> LoadReport:
        """Load what is new; every delivery ends in `quality.deliveries`, whatever happens."""
        self.prepare_connection()
        new = [item for item in arrivals.deliveries if not self.manifest.is_settled(item)]
        self._load(self._without_withdrawn(new), progress)
        self._refuse_files(arrivals.refused)
        return self.report

    def load_again(
        self, deliveries: Iterable[Delivery], progress: Callable[[str], None]
    ) -> LoadReport:
        """Load deliveries as they are defined now, in place of what they had loaded."""
        self.prepare_connection()
        self._load(deliveries, progress)
        return self.report

    def _load(self, chosen: Iterable[Delivery], progress: Callable[[str], None]) -> None:
        for _, items in groupby(chosen, key=lambda item: item.contract.table):
            deliveries = list(items)
            contract, more = deliveries[0].contract, len(deliveries) - 1
            first = f"{contract.slug}: {deliveries[0].file_name}"
            progress(first + (f" and {more} more" if more else ""))
            with self._room_for_converted_files():
                self._load_contract(contract, deliveries)

    def _load_contract(self, contract: Contract, deliveries: Sequence[Delivery]) -> None:
        """Small files staged together, others by one scan each; what is refused there, staged."""
        archive = self.workspace.archive
        together = stage_together(self.connection, archive, self.reader, deliveries)
        staged = {batch.delivery.delivery_id for batch in together}
        alone = [item for item in deliveries if item.delivery_id not in staged]
        if all(is_direct(item) for item in alone):
            try:
                return self._insert(contract, together, alone)
            except DeliveryRefused:  # nothing was loaded: one by one, each gets its reason
                pass
        more = [batch for item in alone if (batch := self._stage_alone(item))]
        return self._insert(contract, [*together, *more])

    @contextmanager
    def _room_for_converted_files(self) -> Iterator[None]:
        """An empty folder, gone again at the end; a killed run may have left one."""
        folder = self.reader.folder
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(mode=PRIVATE_MODE)
        try:
            yield
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _without_withdrawn(self, deliveries: Sequence[Delivery]) -> list[Delivery]:
        """Refuse what the raw gate has stopped before, as it does where nothing is known yet."""
        withdrawn = Withdrawn.read(self.workspace)
        for item in deliveries:
            if found := withdrawn.find(item):
                reason = DeliveryRefused("raw_gate", found.reason, found.rows_delivered)
                self._refuse(Batch(item), reason)
        return [item for item in deliveries if not withdrawn.find(item)]

    def prepare_connection(self) -> None:
        """Let the connection see the archive and nothing else, then lock it."""
        normalise = phone_normaliser(self.workspace.settings.country)
        self.connection.create_function(
            "normalise_phone",
            normalise,
            ["VARCHAR"],
            "VARCHAR",
            null_handling=FunctionNullHandling.SPECIAL,
        )
        self.bad_rows.create_function(self.connection)
        folders = [str(self.workspace.archive), str(self.workspace.temporary)]
        self.connection.execute(f"set allowed_directories = {literals(folders)}")
        self.connection.execute("set enable_external_access = false")
        self.connection.execute("set lock_configuration = true")

    def _stage_alone(self, delivery: Delivery) -> Batch | None:
        """Stage one delivery, or refuse it whole."""
        batch = Batch(delivery, f"_batch_{delivery.delivery_id}")
        try:
            stage(self.connection, self.workspace.archive, self.reader, batch)
        except DeliveryRefused as error:
            if self.manifest.is_loaded(delivery):
                what, where = ("feed", "in rapport.yml") if delivery.feed else ("contract", "")
                raise ConfigurationError(
                    f"The {what} for {delivery.contract.slug} no longer loads"
                    f" {delivery.file_name}, which it had loaded before: {error.reason}; mend it"
                    f" {where}".rstrip()
                    + "."
                ) from error
            self._refuse(batch, error)
            self.connection.execute(f"drop table if exists {batch.name}")
            return None
        return batch

    def _insert(
        self, contract: Contract, staged: Sequence[Batch], unread: Sequence[Delivery] = ()
    ) -> None:
        """Insert what one contract brought, and what the manifest says of it, or nothing."""
        tables = list(dict.fromkeys(batch.name for batch in staged))
        direct = [Batch(item, f"_direct_{item.delivery_id}") for item in unread]
        batches = [*staged, *direct]
        with transaction(self.connection):
            if any(batch.delivery.is_whole for batch in batches):
                self._supersede(contract)
            self._take_out(contract, self.manifest.known_ids(batches))
            before = self._rows_held(contract)
            for table in tables:
                self._insert_staged(contract, table, [b for b in staged if b.name == table])
            for batch in direct:
                self._insert_directly(batch)
            for batch in batches:
                self._insert_rejects(batch)
                self.manifest.note(batch, LOADED)
            self._prove_inserted(contract, batches, before)
            self.manifest.write()
            self._mend_again(contract, batches)
        for table in tables:
            self.connection.execute(f"drop table {table}")
        for batch in batches:
            refused = self.workspace.quarantine / batch.delivery.delivery_id
            shutil.rmtree(refused, ignore_errors=True)
            self.report.add(contract, batch.rows_loaded, batch.rows_quarantined)
        self._tell_quarantined(contract, [item for item in batches if item.rows_quarantined])
        self._warn(contract, batches)

    def _insert_directly(self, batch: Batch) -> None:
        archive, loaded_at = self.workspace.archive, self.loaded_at
        load_directly(self.connection, archive, self.reader, batch, self.bad_rows, loaded_at)

    def _insert_staged(self, contract: Contract, staged: str, batches: Sequence[Batch]) -> None:
        """Good rows of a staged table into raw, bad ones into quarantine.

        Only where there are some: DuckDB 1.5.5 loses what a transaction inserts into a table, a
        row group or more, after it has inserted no row at all into the same table.
        """
        columns = [name for name in contract.raw_columns if not name.startswith("_")]
        names = ", ".join(identifier(name) for name in columns)
        table = identifier(contract.table)
        if any(batch.rows_loaded for batch in batches):
            self.connection.execute(
                f"insert into raw.{table} ({names}, _delivery_id, _row_number, _received_at,"
                f" _loaded_at, _is_deleted, _extra) select {names}, _delivery_id, _row_number,"
                f" _received_at, $loaded_at, _is_deleted, _extra from {staged}"
                " where _reason is null order by _received_at, _delivery_id, _row_number",
                {"loaded_at": self.loaded_at},
            )
        if any(batch.rows_bad for batch in batches):
            self.connection.execute(
                f"insert into quarantine.{table} select _delivery_id, _row_number, _reason,"
                f" _raw_text, _received_at, $loaded_at from {staged} where _reason is not null",
                {"loaded_at": self.loaded_at},
            )

    def _rows_held(self, contract: Contract) -> tuple[int, int]:
        """Rows in raw and in quarantine, as this transaction sees them."""
        table = identifier(contract.table)
        row = self.connection.execute(
            f"select (select count(*) from raw.{table}), (select count(*) from quarantine.{table})"
        ).fetchone()
        return (row[0], row[1]) if row else (0, 0)

    def _prove_inserted(
        self, contract: Contract, batches: Sequence[Batch], before: tuple[int, int]
    ) -> None:
        """Raise RapportError, which undoes it all, where the database holds another number."""
        loaded = sum(batch.rows_loaded for batch in batches)
        bad = sum(batch.rows_quarantined for batch in batches)
        held = self._rows_held(contract)
        if held != (before[0] + loaded, before[1] + bad):
            raise RapportError(
                f"The database lost rows of {contract.slug} while they were inserted, so none of"
                " these deliveries was loaded: run again, and report it if it happens again."
            )

    def _insert_rejects(self, batch: Batch) -> None:
        for rejects in batch.rejects if batch.rows_rejected else ():
            sql = quarantine_rejects_sql(batch, rejects, batch.delivery.contract.table)
            self.connection.execute(sql, {"loaded_at": self.loaded_at})

    def _mend_again(self, contract: Contract, batches: Sequence[Batch]) -> None:
        """What people had mended stays mended when its delivery is loaded anew."""
        by_id = {batch.delivery.delivery_id: batch for batch in batches if batch.rows_quarantined}
        if not by_id:
            return
        again = mend_again(
            self.connection, self.workspace, contract, by_id, self.run_id, self.loaded_at
        )
        for delivery_id, rows in again.loaded.items():
            by_id[delivery_id].rows_bad -= rows
            by_id[delivery_id].rows_loaded += rows
        self.report.messages += again.messages

    def _tell_quarantined(self, contract: Contract, batches: Sequence[Batch]) -> None:
        """Tell of the bad rows of a contract once, however many deliveries brought them."""
        if batches:
            bad = sum(batch.rows_quarantined for batch in batches)
            rows = sum(batch.rows_delivered for batch in batches)
            first, more = batches[0].delivery.file_name, len(batches) - 1
            files = f"{first} and {more} more" if more else first
            self.report.messages.append(
                f"{contract.slug}: {bad:,} of {rows:,} rows of {files} were quarantined;"
                f" `rapport quarantine show {contract.slug}` has each with its reason."
            )

    def _warn(self, contract: Contract, batches: Sequence[Batch]) -> None:
        """Tell a warning once, however many files it is about."""
        for text, count in Counter(text for batch in batches for text in batch.warnings).items():
            files = f" ({count} files)" if count > 1 else ""
            self.report.messages.append(f"{contract.slug}: {text}{files}")

    def _take_out(self, contract: Contract, delivery_ids: Sequence[str]) -> None:
        """Remove the rows of earlier evaluations of the same deliveries."""
        for schema in ("raw", "quarantine") if delivery_ids else ():
            self.connection.execute(
                f"delete from {schema}.{identifier(contract.table)}"
                " where _delivery_id in (select unnest(?))",
                [delivery_ids],
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
            shutil.copyfile(self.workspace.archive / file.sha256, target)
            note = {"contract": delivery.contract.slug, "code": error.code, "reason": error.reason}
            (folder / "reason.json").write_text(json.dumps(note, indent=1), "utf-8")
        self.manifest.note(batch, QUARANTINED, error)
        self.report.add(delivery.contract, 0, records)
        self.report.messages.append(
            f"{delivery.contract.slug}: {delivery.file_name} was quarantined whole, {error.reason}."
        )

    def _refuse_files(self, refused_files: Iterable[RefusedFile]) -> None:
        """Files that are not loaded at all still have their line in the manifest, told once."""
        for refused in refused_files:
            records = self.manifest.note_refused_file(refused)
            if records is not None:
                self.report.add(refused.contract, 0, records)
                self.report.messages.append(
                    f"{refused.contract.slug}: {refused.file_name} was refused, {refused.reason}."
                )
        with transaction(self.connection):
            self.manifest.write()
