"""One mart built again as it was known on a date, in a scratch warehouse, and nothing else."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from orchestration import dbt
from orchestration.contracts import Contract, load_contracts
from orchestration.errors import ConfigurationError, RapportError
from orchestration.gates.event_plan import event_plan_checks
from orchestration.gates.sources import update_sources
from orchestration.history.needs import Needs, needs_of
from orchestration.history.outputs import take_over_outputs
from orchestration.history.pins import Pins, pins_of
from orchestration.identity import (
    find_shared_browsers,
    hash_contacts,
    tells_of_browsers,
    update_identities,
)
from orchestration.identity.archive import replay_ledger
from orchestration.identity.changes import write_changes
from orchestration.identity.groups import find_members, tells_of_groups
from orchestration.identity.likely import ModelShelf
from orchestration.identity.overrides import OVERRIDES_FILE, read_overrides
from orchestration.identity.tables import derive_customer_keys
from orchestration.increments.touched import note_changes
from orchestration.loading.arrivals import arrivals_in_archive
from orchestration.loading.load import Loader
from orchestration.loading.tables import create_tables, note_from_archive
from orchestration.modelling.scoring import ModelRun
from orchestration.modelling.tables import create_ml_tables
from orchestration.publishing.tables import PublishedTable, marts
from orchestration.runs.lock import workspace_lock
from orchestration.runs.record import RunRecord
from orchestration.sql import connect
from orchestration.workspace import CODE_ROOT, DATABASE_FILE, Workspace


@dataclass(frozen=True)
class Rebuilt:
    """A mart as it was known: the file it lies in, its columns, and what is to be said of it."""

    file: Path
    table: PublishedTable
    pins: Pins


@contextmanager
def rebuilt_mart(
    workspace: Workspace, day: dt.date, mart: str, wait_seconds: float = 0
) -> Iterator[Rebuilt]:
    """Build a mart as it was known at the end of a day; the scratch file lives inside the block."""
    workspace.create()
    with workspace_lock(workspace.lock_file, "rapport as-of", wait_seconds):
        manifest = dbt.ensure_manifest(workspace)
        table = _mart(marts(manifest), mart)
        build = _Build(pins_of(workspace, day), needs_of(manifest, table.name))
        shutil.rmtree(build.file.parent, ignore_errors=True)
        build.file.parent.mkdir(parents=True)
        try:
            build.make()
            yield Rebuilt(build.file, table, build.pins)
        finally:
            shutil.rmtree(build.file.parent, ignore_errors=True)


def _mart(tables: list[PublishedTable], name: str) -> PublishedTable:
    known = {table.name: table for table in tables}
    table = known.get(name.removeprefix("marts."))
    if table is None:
        raise ConfigurationError(f"There is no mart {name}: there are {', '.join(known)}.")
    return table


@dataclass(frozen=True)
class _Build:
    """The steps of a run that one mart needs, on a file of its own."""

    pins: Pins
    needs: Needs

    @property
    def workspace(self) -> Workspace:
        return self.pins.workspace

    @property
    def file(self) -> Path:
        return self.workspace.temporary / "as_of" / DATABASE_FILE

    @property
    def _models(self) -> Path:
        """Where models that are trained here are kept, and gone with the file."""
        return self.file.parent / "models"

    @property
    def run(self) -> RunRecord:
        """The run whose name and time its rows carry."""
        return self.pins.run or RunRecord.begin()

    def make(self) -> None:
        """Load, resolve, build and score what the mart needs."""
        run = self.run
        with self._connection() as connection:
            self._load(connection, run)
        with self._connection() as connection:  # that of the loader is sandboxed
            note_changes(
                connection,
                load_contracts(CODE_ROOT / "data_contracts"),
                self.workspace.settings.time_zone,
                self.pins.as_of_date,
            )
            self._describe_sources(connection, run)
            self._identify(connection, run)
            create_ml_tables(connection)
            take_over_outputs(
                connection,
                self.workspace,
                self.pins.known_until,
                run.run_id if self.pins.run else None,
            )
        self._build(self.needs.before_models)
        with self._connection() as connection:
            for model in self.needs.models:
                model.score(self._model_run(connection, run))
        self._build(self.needs.after_models)

    @contextmanager
    def _connection(self) -> Iterator[duckdb.DuckDBPyConnection]:
        workspace = self.workspace
        connection = connect(self.file, workspace.settings.resources, workspace.temporary)
        try:
            yield connection
        finally:
            connection.close()

    def _load(self, connection: duckdb.DuckDBPyConnection, run: RunRecord) -> None:
        contracts = load_contracts(CODE_ROOT / "data_contracts")
        create_tables(connection, contracts)
        note_from_archive(connection, run.run_id)
        needed = [item for item in contracts if self._has_to_be_loaded(item)]
        arrivals = arrivals_in_archive(
            self.workspace, needed, self.pins.known_until, self.pins.file_count
        )
        if not arrivals.deliveries:
            raise RapportError(
                f"Nothing that {' or '.join(sorted(self.needs.raw_tables))} is loaded from had been"
                f" received by the end of {self.pins.day}: choose a later date."
            )
        Loader(connection, self.workspace, run.run_id, run.started).load(arrivals, lambda _: None)

    def _has_to_be_loaded(self, contract: Contract) -> bool:
        """Whoever counts deliveries, or finds out who is who anew, needs every contract."""
        is_identified_anew = "identity" in self.needs.schemas and self.pins.run is None
        needs_all = is_identified_anew or "quality" in self.needs.schemas
        if needs_all or contract.table in self.needs.raw_tables:
            return True
        return (self._needs_groups and tells_of_groups(contract)) or (
            self._needs_hubs and tells_of_browsers(contract)
        )

    @property
    def _needs_groups(self) -> bool:
        return "group_members" in self.needs.identity_tables

    @property
    def _needs_hubs(self) -> bool:
        return "hubs" in self.needs.identity_tables

    def _describe_sources(self, connection: duckdb.DuckDBPyConnection, run: RunRecord) -> None:
        if "quality" in self.needs.schemas:
            contracts = load_contracts(CODE_ROOT / "data_contracts")
            zone = self.workspace.settings.time_zone
            event_plan_checks(connection, contracts, zone, run.run_id)
            update_sources(connection, contracts, self.pins.as_of_date, run.run_id)

    def _identify(self, connection: duckdb.DuckDBPyConnection, run: RunRecord) -> None:
        """Who was who: as the run had it, else by the ledger and what was received since."""
        replay_ledger(connection, self.workspace, self.pins.known_until)
        if self.pins.run is not None:
            connection.execute(
                "delete from identity.events where event_number > ?", [run.identity_event]
            )
            derive_customer_keys(connection)
            contracts = load_contracts(CODE_ROOT / "data_contracts")
            settings = self.workspace.settings.identity
            if self._needs_hubs:
                find_shared_browsers(connection, contracts, settings)
            if self._needs_groups:
                find_members(connection, contracts, settings, self.workspace.secret)
            hash_contacts(connection, contracts, self.workspace.secret)
        elif "identity" in self.needs.schemas:
            update_identities(
                connection,
                load_contracts(CODE_ROOT / "data_contracts"),
                self.workspace.settings.identity,
                read_overrides(self.workspace.config / OVERRIDES_FILE),
                run.run_id,
                self.workspace.secret,
                ModelShelf(self.workspace.models, self._models, run.run_id, self.pins.as_of_date),
            )
        write_changes(connection, None)

    def _build(self, models: tuple[str, ...]) -> None:
        if not models:
            return
        variables = dbt.variables(self.workspace, self.pins.as_of_date)
        results = dbt.build_nodes(self.workspace, self.file, models, variables)
        broken = next((item for item in results if not item.is_good), None)
        if broken:
            raise RapportError(f"dbt {broken.resource_type} {broken.name} failed: {broken.message}")

    def _model_run(self, connection: duckdb.DuckDBPyConnection, run: RunRecord) -> ModelRun:
        return ModelRun(
            connection=connection,
            models=self.workspace.models,
            save_to=self._models,
            settings=self.workspace.settings.models,
            run_id=run.run_id,
            scored_at=run.started,
            as_of_date=self.pins.as_of_date,
            pins=self.pins.models,
        )
