"""A guard on the storage of Dagster's events, which overrides what Dagster keeps private."""

from __future__ import annotations

from pathlib import Path

import dagster as dg
import pytest

from orchestration.defs.event_log import PooledEventLogStorage
from orchestration.workspace import Workspace


@dg.asset
def thing() -> None:
    """An asset that does nothing."""


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
