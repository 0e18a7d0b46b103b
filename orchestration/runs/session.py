"""A run as its steps see it: where to write, for which date, and whom to tell."""

from __future__ import annotations

import datetime as dt
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import duckdb

from orchestration.contracts import Contract, load_contracts
from orchestration.disk import told
from orchestration.errors import HeldForReviewError, RapportError
from orchestration.gates.results import CheckResult, store_results
from orchestration.history.pins import keep_settings
from orchestration.identity.overrides import OVERRIDES_FILE, Override, read_overrides
from orchestration.runs.fingerprint import code_hash, fingerprint, settings_hash
from orchestration.runs.killed import close_killed_runs, forget_unseen
from orchestration.runs.lock import workspace_lock
from orchestration.runs.rebuild import rebuilt_file, swap_in
from orchestration.runs.record import (
    DONE,
    FAILED,
    HELD,
    PUBLISHED,
    RUNNING,
    Gate,
    RunRecord,
    Step,
    records,
)
from orchestration.runs.webhook import notify_failure
from orchestration.sql import connect, identifier, literal
from orchestration.workspace import CODE_ROOT, DATABASE_FILE, Workspace

Listener = Callable[[str, str], None]
RAW_STEP = "Gate raw"
LISTENER: ContextVar[Listener | None] = ContextVar("LISTENER", default=None)


@dataclass(frozen=True)
class RunOptions:
    """What the caller of a run asks for."""

    as_of: dt.date | None = None
    publish: bool = True
    accept_change: bool = False
    wait_seconds: float = 0
    rebuild: bool = False
    fetch: bool = True


@dataclass
class RunSession:
    """One run from its lock to its record."""

    workspace: Workspace
    options: RunOptions
    record: RunRecord = field(default_factory=RunRecord.begin)
    results: list[CheckResult] = field(default_factory=list)
    _open: duckdb.DuckDBPyConnection | None = None

    @property
    def folder(self) -> Path:
        """Where everything of this run is kept."""
        return self.record.folder(self.workspace.runs)

    @property
    def is_as_of_build(self) -> bool:
        """Whether this run builds a scratch warehouse from what was known on a date."""
        return self.options.as_of is not None

    @property
    def is_scratch(self) -> bool:
        """Whether this run writes a file of its own, not the working file."""
        return self.is_as_of_build or self.options.rebuild

    @property
    def known_until(self) -> dt.datetime | None:
        """The end of the day that a scratch build is for, UTC: what came later was not known."""
        day = self.options.as_of
        if day is None:
            return None
        end = dt.datetime.combine(day, dt.time.max, self.workspace.settings.zone)
        return end.astimezone(dt.UTC).replace(tzinfo=None)

    @property
    def warehouse(self) -> Path:
        """The file this run writes."""
        if self.options.rebuild:
            return rebuilt_file(self.workspace)
        if self.is_as_of_build:
            return self.folder / "scratch" / DATABASE_FILE
        return self.workspace.warehouse

    @property
    def models(self) -> Path:
        """Where this run stores what it fits; an as-of build never touches the daily models."""
        return self.folder / "models" if self.is_as_of_build else self.workspace.models

    @property
    def candidate(self) -> Path:
        """Folder of the version being made; hidden until it is flipped into place."""
        return self.workspace.published / f".{self.record.run_id}"

    @cached_property
    def contracts(self) -> tuple[Contract, ...]:
        """Every contract of the code base."""
        return load_contracts(CODE_ROOT / "data_contracts")

    @cached_property
    def overrides(self) -> Sequence[Override]:
        """What people have decided about who is one person."""
        return read_overrides(self.workspace.config / OVERRIDES_FILE)

    @contextmanager
    def connection(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection to the warehouse of this run; the file stays open until `release`.

        Opening it anew would read the whole catalog each time.
        """
        if self._open is None:
            self._open = self._connect()
        connection = self._connect()
        try:
            yield connection
        finally:
            connection.close()

    def release(self) -> None:
        """Close the warehouse, for whoever opens or attaches it in a way of its own."""
        if self._open is not None:
            self._open.close()
            self._open = None

    def _connect(self) -> duckdb.DuckDBPyConnection:
        resources = self.workspace.settings.resources
        return connect(self.warehouse, resources, self.workspace.temporary)

    @cached_property
    def as_of_date(self) -> dt.date:
        """The date every mart is built for, inclusive."""
        wanted: str | dt.date = self.options.as_of or self.workspace.settings.as_of
        if wanted == "today":
            day = dt.datetime.now(self.workspace.settings.zone).date()
        elif wanted == "latest":
            day = self._latest_business_date()
        else:
            day = dt.date.fromisoformat(str(wanted))
        self.record.as_of_date = day.isoformat()
        return day

    def _latest_business_date(self) -> dt.date:
        zone = literal(self.workspace.settings.time_zone)
        queries = [
            f"select max(cast({identifier(str(contract.event_at))} at time zone 'UTC'"
            f" at time zone {zone} as date)) as day from raw.{identifier(contract.table)}"
            for contract in self.contracts
            if contract.is_clock
        ]
        with self.connection() as connection:
            row = connection.execute(
                f"select max(day) from ({' union all '.join(queries)})"
            ).fetchone()
        if row is None or row[0] is None:
            raise RapportError(
                f"Nothing has been loaded yet: drop extracts into {self.workspace.landing} (or"
                " write feeds in rapport.yml) and run again."
            )
        return dt.date.fromisoformat(str(row[0]))

    @cached_property
    def runs_to_judge(self) -> list[str]:
        """The run itself, and those before it that ended after loading, before the raw gate.

        What they loaded is in the working file, and no gate has said anything of it yet.
        """
        ids = [self.record.run_id]
        for record in records(self.workspace.runs):
            if record.is_as_of_build or record.run_id == self.record.run_id:
                continue
            if record.status == PUBLISHED:
                break
            if record.fingerprint is None:  # a rebuild writes another file
                continue
            if record.has_done(RAW_STEP):
                break
            ids.append(record.run_id)
        return ids

    @contextmanager
    def step(self, name: str) -> Iterator[Step]:
        """Time one step and tell whoever watches."""
        step = Step(name)
        self.record.steps.append(step)
        self.tell(name, "")
        began = time.monotonic()
        try:
            yield step
            step.status = DONE
        except BaseException as error:
            step.status = FAILED
            self.fail(error)
            raise
        finally:
            step.seconds = round(time.monotonic() - began, 2)
            self.record.save(self.workspace.runs)

    def tell(self, step: str, message: str) -> None:
        """Show progress, where somebody listens."""
        if listener := LISTENER.get():
            listener(step, message)

    def judge(self, gate_name: str, results: Sequence[CheckResult]) -> None:
        """Note a gate's results; they are kept whatever happens next."""
        gate = Gate(gate_name)
        for result in results:
            if result.is_passed:
                gate.passed += 1
            elif result.is_blocking:
                gate.failed += 1
            else:
                gate.warned += 1
            if not result.is_passed:
                gate.messages.append(f"{result.subject}: {result.message}")
        self.record.gates.append(gate)
        self.results += results
        self.record.save(self.workspace.runs)

    def fail_on_blocking(self, results: Sequence[CheckResult]) -> None:
        """Let the first blocking failure be the sentence that explains the run."""
        broken = [item for item in results if item.is_blocking and not item.is_passed]
        if broken:
            more = f" (and {len(broken) - 1} more)" if len(broken) > 1 else ""
            self.fail(
                f"{broken[0].subject} did not pass its gate: {broken[0].message}{more}; `rapport"
                " status` lists every failed check."
            )

    def fail(self, error: BaseException | str) -> None:
        """Keep the first failure as the one sentence that explains the run."""
        if self.record.error is None:
            sentence = told(error, self.workspace.root) or " ".join(str(error).split())
            self.record.error = sentence or "It was stopped."
            self.record.status = HELD if isinstance(error, HeldForReviewError) else FAILED

    def close(self) -> None:
        """Write the record and the results of every check, also of a failed run."""
        self.release()
        shutil.rmtree(self.candidate, ignore_errors=True)
        forget_unseen(self.workspace, self.record.run_id)
        if self.options.rebuild and self.record.status == PUBLISHED:
            swap_in(self.workspace)
        if self.is_scratch:
            shutil.rmtree(self.warehouse.parent, ignore_errors=True)
        try:
            store_results(self.folder, self.record, self.results)
        except (OSError, duckdb.Error) as error:  # the record itself may still fit
            why = told(error, self.workspace.root) or " ".join(str(error).split())
            self.record.messages.append(f"The results of its checks were not kept. {why}")
        if self.record.status == RUNNING:
            self.record.status, self.record.error = FAILED, self.record.error or "it was stopped"
        self.record.finish(self.record.status, self.workspace.runs, self.record.error)
        if self.record.status in (FAILED, HELD):
            problem = notify_failure(self.workspace.settings, self.record)
            if problem:
                self.record.messages.append(problem)
                self.record.save(self.workspace.runs)


@contextmanager
def run_session(
    workspace: Workspace, options: RunOptions, run_id: str | None = None
) -> Iterator[RunSession]:
    """Take the workspace's lock and open a run; its record is closed whatever happens."""
    workspace.create()
    session = RunSession(workspace, options)
    session.record.run_id = run_id or session.record.run_id
    with workspace_lock(workspace.lock_file, f"run {session.record.run_id}", options.wait_seconds):
        close_killed_runs(workspace)
        if not options.rebuild:  # it does not look into landing/, so the next run has to
            session.record.fingerprint = fingerprint(workspace, options.as_of)
        session.record.code_hash = code_hash()
        session.record.settings_hash = settings_hash(workspace)
        keep_settings(workspace, session.record.settings_hash)
        session.record.is_as_of_build = session.is_as_of_build
        session.record.save(workspace.runs)
        session.warehouse.parent.mkdir(parents=True, exist_ok=True)
        try:
            yield session
        except BaseException as error:
            session.fail(error)
            raise
        finally:
            session.close()
