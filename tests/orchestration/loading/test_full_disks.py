"""Loading onto a disk with too little room: one sentence, nothing lost, and it goes on."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from orchestration.disk import disk_errors
from orchestration.errors import RapportError
from orchestration.workspace import CODE_ROOT
from tests.orchestration.loading.company import Company, company_of, thing_document
from tests.orchestration.loading.test_killed_loading import deliver, load_things
from tests.orchestration.runs.killing import (
    Driver,
    differences,
    driving,
    leftovers,
    restore,
    rows_add_up,
    state,
)
from tests.orchestration.runs.small_disks import PAGE, small_disk

HERE = "tests.orchestration.loading.test_full_disks"
# bytes from one try to the next: a page for small files, more for what DuckDB writes at once
STEPS = {"archive": PAGE, "quarantine": PAGE, "temporary": PAGE, "warehouse": 16 * PAGE}


def load_or_tell(root: str) -> int:
    """Load, and say what went wrong as a command does."""
    try:
        with disk_errors(Path(root)):
            load_things(root)
    except RapportError as error:
        return tell(error)
    return 0


def tell(error: RapportError) -> int:
    sys.stdout.write(f"{error}\n")
    sys.stdout.flush()
    return error.exit_code


if os.geteuid() != 0:

    def test_an_account_that_may_not_mount_does_so_in_a_namespace_of_its_own() -> None:
        """The tests of this file again, where this account counts as root."""
        alone = ["unshare", "--user", "--map-root-user", "--mount"]
        if subprocess.run([*alone, "true"], check=False).returncode:
            pytest.skip("this account may neither mount a disk nor have a namespace of its own")
        tests = [sys.executable, "-m", "pytest", "-q", __file__]
        done = subprocess.run(
            [*alone, *tests], cwd=CODE_ROOT, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout
        assert "skipped" not in done.stdout


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Driver]:
    warm = company_of(tmp_path_factory.mktemp("warm"), thing_document())
    deliver(warm)
    with driving() as found:
        assert found.call(f"{HERE}:load_or_tell", warm.root, here=True).code == 0
        yield found


@pytest.fixture
def company(tmp_path: Path) -> Company:
    company = company_of(tmp_path, thing_document())
    company.drop_things("0,1.00,first,2026-01-01T10:00:00\n", "first_20260101.csv")
    return company


@pytest.mark.parametrize("name", STEPS)
def test_whatever_room_is_missing_it_is_said_and_the_next_run_loads_everything_once(
    driver: Driver, company: Company, tmp_path: Path, name: str
) -> None:
    workspace = company.workspace
    assert driver.call(f"{HERE}:load_or_tell", company.root).code == 0
    deliver(company)
    saved = workspace.root.rename(tmp_path / "saved")
    restore(saved, workspace)
    assert driver.call(f"{HERE}:load_or_tell", company.root).code == 0
    expected, failures, ended = state(workspace), 0, None
    while ended is None or ended.code:
        restore(saved, workspace)
        with small_disk(workspace.root / name) as disk:
            disk.leave(failures * STEPS[name])
            ended = driver.call(f"{HERE}:load_or_tell", company.root)
            if ended.code:
                told = f"There is no room left in {disk.folder}: make room there and run again."
                assert (ended.code, ended.words) == (1, told)
                assert rows_add_up(workspace)
                disk.make_room()
                again = driver.call(f"{HERE}:load_or_tell", company.root)
                assert again.code == 0, again.words
                assert not leftovers(workspace)
                failures += 1
            assert not differences(expected, state(workspace))
            assert rows_add_up(workspace)
    assert failures


@pytest.mark.parametrize("name", STEPS)
def test_a_disk_that_may_not_be_written_is_named(
    driver: Driver, company: Company, name: str
) -> None:
    deliver(company)
    with small_disk(company.workspace.root / name) as disk:
        disk.forbid_writing()
        ended = driver.call(f"{HERE}:load_or_tell", company.root)
    told = f"{disk.folder} is read-only: make it writable for the account that runs Rapport"
    assert (ended.code, ended.words) == (1, f"{told} and run again.")


def fill(root: Path, database: Path) -> None:
    with disk_errors(root), closing(sqlite3.connect(database)) as connection:
        for _ in range(100):
            connection.execute("insert into runs values (?)", ["x" * PAGE])
            connection.commit()


@pytest.mark.parametrize("spare", [0, 10 * PAGE])
def test_no_room_for_a_database_of_sqlite_is_told(tmp_path: Path, spare: int) -> None:
    folder = tmp_path / "dagster"
    folder.mkdir()
    with small_disk(folder) as disk, closing(sqlite3.connect(folder / "runs.db")) as connection:
        connection.execute("pragma journal_mode = wal")
        connection.execute("create table runs (body text)")
        connection.close()
        disk.leave(spare)
        with pytest.raises(RapportError) as told:
            fill(tmp_path, folder / "runs.db")
    assert str(told.value) == f"There is no room left in {folder}: make room there and run again."


def test_a_folder_of_somebody_else_is_named(tmp_path: Path) -> None:
    error = PermissionError(13, "Permission denied", str(tmp_path / "archive" / "abc"))
    (tmp_path / "archive").mkdir()
    with pytest.raises(RapportError) as told, disk_errors(tmp_path):
        raise error
    assert str(told.value) == (
        f"This account may not read or write {tmp_path}/archive: give it the right to and run"
        " again."
    )
