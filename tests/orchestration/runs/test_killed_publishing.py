"""Publishing, and a rebuild's last steps, killed before everything they change.

The run is a small one: it writes one table, publishes it and closes, as every run does.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestration.dbt import MANIFEST, SEMANTIC_MANIFEST, target_folder
from orchestration.defs.publish import _publish, _write
from orchestration.gates.results import CheckResult
from orchestration.identity.tables import create_identity_tables
from orchestration.loading.tables import create_tables
from orchestration.publishing.tables import PublishedTable
from orchestration.publishing.versions import version_ids
from orchestration.runs.record import FAILED, PUBLISHED, records
from orchestration.runs.session import RunOptions, run_session
from orchestration.workspace import DATABASE_FILE, Workspace
from tests.conftest import query
from tests.orchestration.runs.killing import Driver, driving, leftovers, restore

HERE = "tests.orchestration.runs.test_killed_publishing"
LOG = logging.getLogger(__name__)
COLUMNS = {"customer_id": "Who.", "mail": "Where."}
CUSTOMERS = PublishedTable(
    "marts", "customers", "One row per customer.", COLUMNS, (), frozenset({"mail"})
)
KEPT = 2


def publish(root: str, customers: str, kind: str = "") -> None:
    """A run, or a rebuild, whose only mart has so many customers."""
    workspace = Workspace(Path(root))
    with run_session(workspace, RunOptions(rebuild=kind == "rebuild")) as session:
        with session.step("Transform"), session.connection() as connection:
            create_tables(connection, [])
            create_identity_tables(connection)
            connection.execute(
                "create or replace table marts.customers as select 'c_' || range as customer_id,"
                f" range || '@example.com' as mail from range({int(customers)})"
            )
        with session.step("Write candidate"):
            _write(session, [CUSTOMERS])
            session.judge("Published marts", [CheckResult("marts", "key", "marts.customers", True)])
        with session.step("Publish"):
            _publish(session, [CUSTOMERS])


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Driver]:
    with driving() as found:
        warm = founded(tmp_path_factory.mktemp("warm"))
        ended = found.call(f"{HERE}:publish", warm.root, 1, here=True)
        assert ended.code == 0, ended.output
        yield found


def founded(folder: Path) -> Workspace:
    """A workspace with settings, and what stands for the artefacts that dbt leaves."""
    workspace = Workspace(folder / "workspace")
    workspace.create()
    target = target_folder(workspace)
    target.mkdir(parents=True)
    for name in (MANIFEST, SEMANTIC_MANIFEST):
        (target / name).write_text("{}", "utf-8")
    workspace.settings_file.write_text(
        f"company: Test\ncurrency: EUR\nas_of: 2026-06-30\nkeep_published: {KEPT}\n", "utf-8"
    )
    return workspace


def moment_of_flip(moments: list[str]) -> int:
    """When the one link is put in the place of the old one."""
    link = "os.rename published/.current"
    [flip] = [number for number, what in enumerate(moments) if what.startswith(link)]
    return flip


def customers_in(path: Path) -> object:
    return query(path, "select count(*) from marts.customers")[0][0]


def customers_seen(workspace: Workspace) -> object:
    """As readers count them, in both files of the version they are given."""
    found = {customers_in(path) for path in workspace.current.glob("*.duckdb")}
    assert len(found) == 1, "the two files of a version differ"
    return found.pop()


@pytest.mark.parametrize("kind", ["run", "rebuild"])
@pytest.mark.parametrize("every", [5, pytest.param(1, marks=pytest.mark.nightly)])
def test_whenever_publishing_is_killed_readers_have_a_whole_version_and_the_next_run_mends(
    driver: Driver, tmp_path: Path, kind: str, every: int
) -> None:
    workspace = founded(tmp_path)
    for customers in range(1, KEPT + 1):
        assert driver.call(f"{HERE}:publish", workspace.root, customers).code == 0
    saved = workspace.root.rename(tmp_path / "saved")
    how = {"root": str(workspace.root), "statements": True}
    restore(saved, workspace)
    undisturbed = driver.call(f"{HERE}:publish", workspace.root, 7, kind, moment=None, **how)
    assert undisturbed.code == 0, undisturbed.output
    moments = undisturbed.log
    flip = moment_of_flip(moments)
    for moment in sorted({*range(0, len(moments), every), *range(flip - 3, flip + 4)}):
        restore(saved, workspace)
        about = f"{kind} killed before {moments[moment]}"
        killed = driver.call(f"{HERE}:publish", workspace.root, 7, kind, moment=moment, **how)
        assert killed.is_killed, about
        is_flipped = moment > flip
        assert customers_seen(workspace) == (7 if is_flipped else KEPT), about
        again = driver.call(f"{HERE}:publish", workspace.root, 8, "run")
        assert again.code == 0, f"{about}: {again.output}"
        assert (customers_seen(workspace), customers_in(workspace.warehouse)) == (8, 8), about
        assert not leftovers(workspace), about
        versions = version_ids(workspace.published)
        assert len(versions) == KEPT, about
        assert all((workspace.published / name / DATABASE_FILE).exists() for name in versions)
        ended = [record.status for record in records(workspace.runs)]
        assert ended[0] == PUBLISHED, about
        assert set(ended[1:-KEPT]) <= {PUBLISHED if is_flipped else FAILED}, about
    LOG.info("%s: %s moments", kind, len(moments))


def test_a_rebuild_that_readers_see_takes_its_place_though_it_was_killed_before(
    driver: Driver, tmp_path: Path
) -> None:
    workspace = founded(tmp_path)
    assert driver.call(f"{HERE}:publish", workspace.root, 1).code == 0
    saved = workspace.root.rename(tmp_path / "saved")
    how = {"root": str(workspace.root), "statements": True}
    restore(saved, workspace)
    log = driver.call(f"{HERE}:publish", workspace.root, 7, "rebuild", moment=None, **how).log
    flip = moment_of_flip(log)
    for moment in range(flip - 1, len(log)):
        restore(saved, workspace)
        target = (f"{HERE}:publish", workspace.root, 7, "rebuild")
        assert driver.call(*target, moment=moment, **how).is_killed
        assert driver.call(f"{HERE}:close", workspace.root).code == 0
        expected = 7 if moment > flip else 1
        assert customers_seen(workspace) == expected, log[moment]
        assert customers_in(workspace.warehouse) == expected, log[moment]
        assert not leftovers(workspace), log[moment]


def close(root: str) -> None:
    """What the next command does first."""
    from orchestration.runs.killed import close_killed_runs

    close_killed_runs(Workspace(Path(root)))
