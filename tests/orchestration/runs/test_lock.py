"""One writer at a time: the second is told who the first is, or waits."""

from __future__ import annotations

import os
import threading
import time

import pytest

from orchestration.errors import WorkspaceBusyError
from orchestration.runs.lock import workspace_lock
from orchestration.workspace import Workspace
from tests.conftest import RunCli
from tests.orchestration.conftest import change_settings, published_version


def test_a_second_run_ends_with_code_3_and_names_the_holder(
    cli: RunCli, workspace: Workspace
) -> None:
    change_settings(workspace, "keep_published: 5")
    with workspace_lock(workspace.lock_file, "run 20260101T000000Z_0001"):
        outcome = cli("run", "-w", workspace.root)
    assert outcome.exit_code == 3
    words = " ".join(outcome.err.split())
    assert "run 20260101T000000Z_0001" in words
    assert f"process {os.getpid()}" in words
    assert "--wait" in words
    assert "Traceback" not in outcome.err


@pytest.mark.parametrize("command", [("rollback",), ("dev", "--refresh")])
def test_whatever_writes_or_copies_the_workspace_respects_the_lock(
    cli: RunCli, workspace: Workspace, command: tuple[str, ...]
) -> None:
    with workspace_lock(workspace.lock_file, "somebody"):
        assert cli(*command, "-w", workspace.root).exit_code == 3


@pytest.mark.parametrize("command", [("status",), ("sql", "select 1")])
def test_readers_never_wait(cli: RunCli, workspace: Workspace, command: tuple[str, ...]) -> None:
    with workspace_lock(workspace.lock_file, "somebody"):
        assert cli(*command, "-w", workspace.root).exit_code == 0


def test_a_second_writer_waits_as_long_as_it_was_told(cli: RunCli, workspace: Workspace) -> None:
    held, released = threading.Event(), threading.Event()

    def hold() -> None:
        with workspace_lock(workspace.lock_file, "somebody"):
            held.set()
            time.sleep(0.6)
        released.set()

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait()
    outcome = cli("rollback", published_version(workspace), "-w", workspace.root, "--wait", 20)
    assert released.is_set()
    thread.join()
    assert outcome.exit_code == 0


def test_waiting_ends_when_the_time_is_over(workspace: Workspace) -> None:
    with workspace_lock(workspace.lock_file, "somebody"):
        began = time.monotonic()
        with (
            pytest.raises(WorkspaceBusyError, match="somebody"),
            workspace_lock(workspace.lock_file, "me", wait_seconds=0.5),
        ):
            pass
    assert 0.5 <= time.monotonic() - began < 3
