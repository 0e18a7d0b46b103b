"""A run that is killed in the middle harms nothing."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys

from orchestration.runs.record import records
from orchestration.workspace import Workspace
from tests.conftest import RunCli, last_run
from tests.orchestration.conftest import figures, published_file


def test_the_run_after_a_killed_one_gives_the_same_marts(
    cli: RunCli, workspace: Workspace, sample_workspace: Workspace
) -> None:
    for folder in ("warehouse", "published", "runs", "models", "archive"):
        shutil.rmtree(workspace.root / folder)
    _run_until_killed(workspace, "Transform")
    assert last_run(workspace).status == "running"
    assert not workspace.current.exists()
    outcome = cli("run", "-w", workspace.root)
    assert outcome.exit_code == 0, outcome.err
    assert [record.status for record in records(workspace.runs)] == ["published", "failed"]
    expected, found = figures(published_file(sample_workspace)), figures(published_file(workspace))
    assert {name for name in expected if expected[name] != found[name]} == set()


def _run_until_killed(workspace: Workspace, step: str) -> None:
    command = [sys.executable, "-u", "-m", "orchestration.cli.main", "run", "-w"]
    with subprocess.Popen(
        [*command, str(workspace.root)], stdout=subprocess.PIPE, text=True, env=dict(os.environ)
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith(step):
                process.send_signal(signal.SIGKILL)
                break
    assert process.returncode == -signal.SIGKILL
