"""What the tests share: one built workspace, copies of it, and the command line in-process."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from orchestration.cli.main import main
from orchestration.runs.record import RunRecord, records
from orchestration.workspace import CODE_ROOT, Workspace


@dataclass(frozen=True)
class Outcome:
    """How one command ended."""

    exit_code: int
    out: str
    err: str


RunCli = Callable[..., Outcome]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest begins first, so that no process waits for the other at the end."""
    items.sort(key=lambda item: "orchestration/runs/" not in item.nodeid)


@pytest.fixture
def cli(capfd: pytest.CaptureFixture[str]) -> RunCli:
    """Run `rapport ...` in this process; a warm process makes runs three times as fast."""

    def call(*arguments: object) -> Outcome:
        capfd.readouterr()
        code = run_command(*arguments)
        captured = capfd.readouterr()
        return Outcome(code, captured.out, captured.err)

    return call


def run_command(*arguments: object) -> int:
    """Run a command as `rapport` would; returns its exit code."""
    try:
        main([str(argument) for argument in arguments])
    except SystemExit as error:
        return int(error.code or 0)
    return 0


@pytest.fixture(scope="session")
def sample_workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A small sample company, run once; never write to it, take a `workspace` copy instead."""
    root = tmp_path_factory.mktemp("sample") / "workspace"
    assert run_command("init", "--workspace", root) == 0
    shutil.copyfile(CODE_ROOT / "examples" / "sample" / "rapport.yml", root / "rapport.yml")
    company = ("--customers", 250, "--daily-from", "2026-06-28", "--out", root)
    assert run_command("simulate", *company) == 0
    assert run_command("run", "--workspace", root) == 0
    return Workspace(root)


@pytest.fixture
def workspace(sample_workspace: Workspace, tmp_path: Path) -> Workspace:
    """A private copy of the built sample company."""
    root = tmp_path / "workspace"
    shutil.copytree(sample_workspace.root, root, symlinks=True)
    return Workspace(root)


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real data sets."""
    folder = os.environ.get("RAPPORT_TEST_DATA")
    if not folder:
        pytest.skip("RAPPORT_TEST_DATA names no folder of real data sets")
    return Path(folder)


def last_run(workspace: Workspace) -> RunRecord:
    """The latest run of a workspace."""
    return next(records(workspace.runs))


def query(path: Path, sql: str, *parameters: object) -> list[tuple[object, ...]]:
    """Rows of a read-only query on a DuckDB file."""
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute(sql, list(parameters)).fetchall()
