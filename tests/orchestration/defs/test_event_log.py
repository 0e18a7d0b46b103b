"""A guard on the storage of Dagster's events, which overrides what Dagster keeps private."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.storage.event_log import SqliteEventLogStorage

from orchestration.defs.event_log import PooledEventLogStorage
from orchestration.workspace import Workspace

MOMENTS = ("create_timestamp", "migration_completed")


@dg.asset(check_specs=[dg.AssetCheckSpec(name, asset="thing") for name in ("good", "bad")])
def thing() -> object:
    """An asset that does nothing, with two checks."""
    yield dg.MaterializeResult(metadata={"rows": 3}, tags={"colour": "blue"})
    yield dg.AssetCheckResult(check_name="good", passed=True)
    yield dg.AssetCheckResult(check_name="bad", passed=False, severity=dg.AssetCheckSeverity.WARN)


@dg.asset(deps=[thing])
def broken() -> None:
    """An asset that fails."""
    raise ValueError("It is broken.")


def test_what_a_run_told_is_there_for_whoever_opens_the_storage_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When this fails Dagster has changed: look whether `_connect` is still what it opens."""
    home = Workspace(tmp_path / "workspace").dagster_home
    Workspace(tmp_path / "workspace").create()
    monkeypatch.setenv("DAGSTER_HOME", str(home))
    with dg.DagsterInstance.from_config(str(home)) as instance:
        assert type(instance.event_log_storage) is PooledEventLogStorage
        assert dg.materialize([thing], instance=instance).success
        assert len(instance.event_log_storage._engines) == 2
    with dg.DagsterInstance.from_config(str(home)) as instance:
        assert instance.get_latest_materialization_event(thing.key) is not None
        [run] = instance.get_runs()
        assert len(instance.all_logs(run.run_id)) > 5


def test_it_writes_the_very_rows_that_dagsters_own_storage_writes(tmp_path: Path) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        runs = [
            dg.materialize([thing, broken], instance=instance, raise_on_error=False).run_id
            for _ in range(2)
        ]
        events = [event for run in runs for event in instance.all_logs(run)]
    found = [
        written(kind(str(tmp_path / kind.__name__)), events)
        for kind in (SqliteEventLogStorage, PooledEventLogStorage)
    ]
    assert found[0] == found[1]
    checks = found[1]["index", "asset_check_executions"]
    assert sorted((row["check_name"], row["execution_status"]) for row in checks) == [
        ("bad", "FAILED"), ("bad", "FAILED"), ("good", "SUCCEEDED"), ("good", "SUCCEEDED"),
    ]  # fmt: skip
    assert len(found[1]["index", "asset_keys"]) == 2
    assert all(len(found[1][run, "event_logs"]) > 10 for run in runs)


def written(
    storage: SqliteEventLogStorage, events: list[dg.EventLogEntry]
) -> dict[tuple[str, str], list[dict[str, object]]]:
    """Every row of every table that a storage writes, without the moments of writing."""
    for event in events:
        storage.store_event(event)
    storage.dispose()
    tables = {}
    for path in sorted(Path(storage._base_dir).glob("*.db")):
        with closing(sqlite3.connect(path)) as connection:
            connection.row_factory = sqlite3.Row
            names = connection.execute("select name from sqlite_master where type = 'table'")
            for (name,) in names.fetchall():
                rows = connection.execute(f"select * from {name}").fetchall()
                tables[path.stem, name] = [
                    {key: row[key] for key in row.keys() if key not in MOMENTS}  # noqa: SIM118
                    for row in rows
                ]
    return tables
