"""What the tests share: one built workspace, copies of it, and the command line in-process."""

from __future__ import annotations

import fcntl
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

TESTS = Path(__file__).parent


@dataclass(frozen=True)
class Outcome:
    """How one command ended."""

    exit_code: int
    out: str
    err: str


RunCli = Callable[..., Outcome]


# CPU seconds of the files that take longest, measured: they begin first, so that no process waits
# for the other at the end.
LONGEST = {
    "orchestration/runs/test_killed.py": 110,
    "orchestration/cli/test_quarantine.py": 90,
    "examples/test_examples_end_to_end.py": 70,
    "orchestration/gates/test_planted_failures.py": 70,
    "orchestration/runs/test_killed_publishing.py": 50,
    "orchestration/fetching/test_run.py": 40,
    "orchestration/test_staging.py": 35,
    "orchestration/runs/test_identity_undone.py": 35,
    "orchestration/history/test_history.py": 35,
    "docs/test_docs.py": 33,
    "orchestration/increments/test_sessions.py": 30,
    "orchestration/linkage/test_linkage.py": 27,
    "simulation/test_identity.py": 34,
    "orchestration/identity/test_increments.py": 26,
    "orchestration/publishing/test_personal_data.py": 20,
    "orchestration/loading/test_killed_loading.py": 20,
    "simulation/test_simulate.py": 19,
    "orchestration/runs/test_two_brands.py": 18,
    "orchestration/fetching/test_databases.py": 18,
    "orchestration/loading/test_many_files.py": 16,
    "benchmarks/test_loader.py": 14,
    "orchestration/cli/test_dev.py": 14,
    "orchestration/publishing/test_readers.py": 13,
    "orchestration/loading/test_fuzz.py": 12,
    "orchestration/loading/test_damage.py": 11,
    "ml/test_segmentation.py": 11,
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest begins first; what runs at night has an hour where it names no time."""
    seconds = {TESTS / name: cost for name, cost in LONGEST.items()}
    items.sort(key=lambda item: -seconds.get(item.path, 0))
    for item in items:
        if item.get_closest_marker("nightly") and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(3600))


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
    """A small sample company, run once; never write to it, take a `workspace` copy instead.

    Processes of one test run share it: the first to ask builds it, the others wait.
    """
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    workspace, is_built = Workspace(folder / "sample" / "workspace"), folder / "sample.built"
    with (folder / "sample.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not is_built.exists():
            shutil.rmtree(workspace.root, ignore_errors=True)
            _build_sample(workspace.root)
            is_built.touch()
    return workspace


def _build_sample(root: Path) -> None:
    assert run_command("init", "--workspace", root) == 0
    example = CODE_ROOT / "examples" / "sample"
    shutil.copyfile(example / "rapport.yml", root / "rapport.yml")
    shutil.copytree(example / "config", root / "config", dirs_exist_ok=True)
    company = ("--customers", 250, "--daily-from", "2026-06-28", "--out", root)
    assert run_command("simulate", *company) == 0
    assert run_command("run", "--workspace", root) == 0


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
