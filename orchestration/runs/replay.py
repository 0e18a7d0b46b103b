"""A replay as a writer of the workspace: its lock, its connection, its record."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from orchestration.contracts import Contract, load_contracts
from orchestration.disk import disk_errors, told
from orchestration.errors import ConfigurationError
from orchestration.loading.quarantined import quarantined
from orchestration.loading.replay import Replay, ReplayReport, told_if_nothing
from orchestration.loading.tables import create_tables
from orchestration.runs.fingerprint import code_hash, settings_hash
from orchestration.runs.killed import close_killed_runs
from orchestration.runs.lock import workspace_lock
from orchestration.runs.record import DONE, FAILED, REPLAYED, RunRecord, Step, utc_now
from orchestration.sql import connect
from orchestration.workspace import CODE_ROOT, Workspace


def replay(
    workspace: Workspace,
    target: str | None,
    file: Path | None,
    wait_seconds: float = 0,
    progress: Callable[[str], None] = lambda _: None,
    contracts: Sequence[Contract] | None = None,
) -> ReplayReport:
    """Load again what a mend has made loadable; recorded like a run where it changed anything.

    The record also makes the next run work, though nothing new lies in landing/.
    """
    if not workspace.warehouse.exists():
        raise ConfigurationError("Nothing has been loaded yet: run `rapport run` first.")
    record = RunRecord.begin()
    with (
        disk_errors(workspace.root),
        workspace_lock(workspace.lock_file, f"replay {record.run_id}", wait_seconds),
    ):
        close_killed_runs(workspace)
        contracts = contracts or load_contracts(CODE_ROOT / "data_contracts")
        resources = workspace.settings.resources
        connection = connect(workspace.warehouse, resources, workspace.temporary)
        try:
            create_tables(connection, contracts)
            by_slug = {contract.slug: contract for contract in contracts}
            one = Replay(connection, workspace, by_slug, record.run_id, record.started)
            if file is not None:
                return _load_file(one, record, file, target)
            return _load_due(one, record, target, progress)
        finally:
            connection.close()


def _load_due(
    one: Replay, record: RunRecord, target: str | None, progress: Callable[[str], None]
) -> ReplayReport:
    due = one.due(target)
    if not due:
        return ReplayReport(messages=[told_if_nothing(quarantined(one.connection, target))])
    _begin(one, record)
    try:
        report = one.load(due, progress)
    except BaseException as error:
        sentence = told(error, one.workspace.root) or " ".join(str(error).split())
        record.finish(FAILED, one.workspace.runs, sentence)
        raise
    return _finish(one, record, report)


def _load_file(one: Replay, record: RunRecord, file: Path, target: str | None) -> ReplayReport:
    """One transaction: what fails, or finds nothing to load, leaves no trace."""
    _begin(one, record)
    try:
        report = one.load_file(file, target)
    except BaseException:
        shutil.rmtree(record.folder(one.workspace.runs))
        raise
    if not report.rows_loaded:
        shutil.rmtree(record.folder(one.workspace.runs))
        return report
    return _finish(one, record, report)


def _begin(one: Replay, record: RunRecord) -> None:
    """On disk before anything is changed, so that a replay that is killed is followed by a run."""
    record.code_hash, record.settings_hash = code_hash(), settings_hash(one.workspace)
    record.steps.append(Step("Replay"))
    record.save(one.workspace.runs)


def _finish(one: Replay, record: RunRecord, report: ReplayReport) -> ReplayReport:
    step = record.steps[0]
    step.rows, step.status = report.rows_loaded, DONE
    step.seconds = round((utc_now().replace(tzinfo=None) - record.started).total_seconds(), 2)
    record.messages = report.messages
    record.finish(REPLAYED, one.workspace.runs)
    return report
