"""A run with nothing to do is recorded, ends well, and imports nothing heavy."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from orchestration.identity.erase import erase
from orchestration.identity.ledger import Stamp
from orchestration.runs.fingerprint import fingerprint, unchanged_since
from orchestration.runs.record import RunRecord
from orchestration.workspace import Workspace
from tests.conftest import RunCli, last_run
from tests.orchestration.conftest import change_settings, deliver, published_version

HEAVY = {
    "dagster",
    "dagster_dbt",
    "dbt",
    "duckdb",
    "great_expectations",
    "numpy",
    "pandas",
    "pyarrow",
    "sklearn",
    "scipy",
    "sqlalchemy",
}
RUN_AND_LIST_MODULES = """
import sys
from orchestration.cli.main import main
try:
    main(["run", "--workspace", sys.argv[1]])
except SystemExit as error:
    assert not error.code, error.code
print(*{name.partition(".")[0] for name in sys.modules})
"""


def test_a_run_with_nothing_new_is_recorded_and_imports_nothing_heavy(
    workspace: Workspace,
) -> None:
    version = published_version(workspace)
    done = subprocess.run(
        [sys.executable, "-c", RUN_AND_LIST_MODULES, str(workspace.root)],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[3],
    )
    record = last_run(workspace)
    assert record.status == "unchanged"
    assert record.run_id != version == published_version(workspace)
    assert "Nothing has changed" in done.stdout
    assert HEAVY.isdisjoint(done.stdout.splitlines()[-1].split())


def test_a_program_reads_that_nothing_has_changed(cli: RunCli, workspace: Workspace) -> None:
    outcome = cli("run", "-w", workspace.root, "--json")
    assert outcome.exit_code == 0
    record = json.loads(outcome.out)
    assert (record["status"], record["as_of_date"]) == ("unchanged", "2026-06-30")


@pytest.mark.parametrize(
    "change", ["new file", "touched file", "removed file", "settings", "erasure", "gone"]
)
def test_whatever_could_change_a_figure_makes_the_next_run_work(
    workspace: Workspace, change: str
) -> None:
    assert unchanged_since(workspace, fingerprint(workspace)) is not None
    path = min((workspace.landing / "shop/orders").iterdir())
    if change == "new file":
        deliver(workspace, "shop/orders/new.csv", "")
    elif change == "touched file":
        os.utime(path)
    elif change == "removed file":
        path.unlink()
    elif change == "settings":
        change_settings(workspace, "keep_published: 5")
    elif change == "erasure":
        erase_somebody(workspace)
    else:
        workspace.current.unlink()
    again = Workspace(workspace.root)
    assert unchanged_since(again, fingerprint(again)) is None


def erase_somebody(workspace: Workspace) -> None:
    with duckdb.connect(str(workspace.warehouse)) as connection:
        key = "select min(identity_key) from identity.customer_keys"
        stamp = Stamp("erasing", None, workspace.secret)
        erase(connection, workspace, connection.execute(key).fetchall()[0][0], stamp)


@pytest.mark.parametrize(("status", "is_unchanged"), [("failed", False), ("built", True)])
def test_a_failed_run_is_repeated_and_an_unpublished_build_is_not(
    workspace: Workspace, status: str, is_unchanged: bool
) -> None:
    """A build with --as-of takes nothing away from the published version."""
    record = RunRecord("20990101T000000Z_test", "2099-01-01T00:00:00+00:00")
    record.is_as_of_build = status == "built"
    record.finish(status, workspace.runs)
    assert (unchanged_since(workspace, fingerprint(workspace)) is not None) == is_unchanged
