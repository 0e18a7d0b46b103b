"""Loading, replay and the end of a run, killed before everything they change: all comes right."""

from __future__ import annotations

import datetime as dt
import io
import logging
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestration.contracts import Contract, read_contract
from orchestration.loading.arrivals import arrivals_in_landing
from orchestration.loading.export import export_rows
from orchestration.loading.load import Loader
from orchestration.loading.quarantined import bad_rows, quarantined
from orchestration.loading.tables import create_tables
from orchestration.runs.killed import close_killed_runs
from orchestration.runs.lock import workspace_lock
from orchestration.runs.record import RunRecord
from orchestration.runs.replay import replay
from orchestration.sql import connect
from orchestration.workspace import Workspace
from tests.orchestration.loading.company import (
    HEADER,
    Company,
    company_of,
    thing_document,
    write_contract,
)
from tests.orchestration.runs.killing import (
    Driver,
    differences,
    driving,
    leftovers,
    restore,
    rows_add_up,
    state,
)

LOG = logging.getLogger(__name__)
HERE = "tests.orchestration.loading.test_killed_loading"
GOOD, BAD = "{0},{0}.50,fine,2026-01-0{0}T10:00:00\n", "{0},-1,mean,2026-01-05T10:00:00\n"


def load_things(root: str) -> None:
    """What a run does up to the raw gate, over a company with one contract."""
    workspace, contracts = Workspace(Path(root)), contracts_of(root)
    run_id = RunRecord.begin().run_id
    with workspace_lock(workspace.lock_file, run_id):
        close_killed_runs(workspace)
        resources = workspace.settings.resources
        connection = connect(workspace.warehouse, resources, workspace.temporary)
        create_tables(connection, contracts)
        arrivals = arrivals_in_landing(connection, workspace, contracts)
        loader = Loader(connection, workspace, run_id, dt.datetime(2026, 2, 1))
        loader.load(arrivals, lambda _: None)
        connection.close()


def replay_things(root: str, mended: str = "") -> None:
    """`rapport replay`, over the same company."""
    file = Path(mended) if mended else None
    replay(Workspace(Path(root)), None, file, contracts=contracts_of(root))


def contracts_of(root: str) -> list[Contract]:
    return [read_contract(Path(root).parent / "contracts" / "shop" / "things.yml")]


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Driver]:
    warm = company_of(tmp_path_factory.mktemp("warm"), thing_document())
    deliver(warm)
    with driving() as found:
        ended = found.call(f"{HERE}:load_things", warm.root, here=True)
        assert ended.code == 0, ended.output
        yield found


def deliver(company: Company) -> None:
    """Good rows, bad rows, small files, a zip, a refused file and one that repeats another."""
    company.drop_things(GOOD.format(1) + GOOD.format(2) + BAD.format(3))
    company.drop_things(GOOD.format(4), "things_20260106.csv")
    company.drop_things(GOOD.format(4), "again_20260107.csv")
    company.drop("shop/things/things_20260108.csv", "nothing,of,this\n1,2,3\n")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        long = GOOD.format(5).replace("fine", "fine " * 2_000)
        archive.writestr("things.csv", HEADER + long + BAD.format(6))
    company.drop("shop/things/things_20260109.csv.zip", packed.getvalue())


def kill_everywhere(
    driver: Driver, saved: Path, company: Company, function: str, *arguments: object, every: int
) -> int:
    """Kill at every so many moments, call again, and compare; returns the kills."""
    target = (f"{HERE}:{function}", company.root, *arguments)
    how = {"root": str(company.workspace.root), "statements": True}
    undisturbed = driver.call(*target, moment=None, **how)
    assert undisturbed.code == 0, undisturbed.output
    expected = state(company.workspace)
    moments = range(0, len(undisturbed.log), every)
    for moment in moments:
        restore(saved, company.workspace)
        killed = driver.call(*target, moment=moment, **how)
        assert killed.is_killed, killed.output
        again = driver.call(*target)
        about = f"killed at {moment}, {undisturbed.log[moment]}"
        assert again.code == 0, f"{about}: {again.output}"
        assert not differences(expected, state(company.workspace)), about
        assert not leftovers(company.workspace), about
        assert rows_add_up(company.workspace), about
    LOG.info("%s: %s kills at %s moments", function, len(moments), len(undisturbed.log))
    return len(moments)


@pytest.fixture
def company(tmp_path: Path) -> Company:
    return company_of(tmp_path, thing_document())


EVERY = [pytest.param(4, id="some"), pytest.param(1, id="all", marks=pytest.mark.nightly)]


@pytest.mark.parametrize("every", EVERY)
def test_loading_that_was_killed_loads_everything_once_the_next_time(
    driver: Driver, company: Company, tmp_path: Path, every: int
) -> None:
    deliver(company)
    saved = company.workspace.root.rename(tmp_path / "saved")
    restore(saved, company.workspace)
    assert kill_everywhere(driver, saved, company, "load_things", every=every)
    assert [row[0] for row in company.things()] == ["1", "2", "4", "5"]
    assert [row[0] for row in company.deliveries()].count("loaded") == 3


@pytest.mark.parametrize("every", EVERY)
def test_a_replay_that_was_killed_replays_exactly_once_the_next_time(
    driver: Driver, company: Company, tmp_path: Path, every: int
) -> None:
    deliver(company)
    assert driver.call(f"{HERE}:load_things", company.root).code == 0
    columns = {
        "thing_id": {"physicalType": "varchar", "required": True, "primaryKey": True},
        "amount": {"physicalType": "decimal(18,4)"},
        "note": {"physicalType": "varchar"},
        "seen_at": {"physicalType": "timestamp", "required": True},
    }
    write_contract(tmp_path, thing_document(columns))
    saved = company.workspace.root.rename(tmp_path / "saved")
    restore(saved, company.workspace)
    assert kill_everywhere(driver, saved, company, "replay_things", every=every)
    assert [row[0] for row in company.things()] == ["1", "2", "3", "4", "5", "6"]


@pytest.mark.parametrize("every", EVERY)
def test_a_replay_of_mended_rows_that_was_killed_loads_them_exactly_once(
    driver: Driver, company: Company, tmp_path: Path, every: int
) -> None:
    deliver(company)
    assert driver.call(f"{HERE}:load_things", company.root).code == 0
    mended = mended_export(company)
    saved = company.workspace.root.rename(tmp_path / "saved")
    restore(saved, company.workspace)
    assert kill_everywhere(driver, saved, company, "replay_things", mended, every=every)
    assert [row[0] for row in company.things()] == ["1", "2", "3", "4", "5", "6"]
    assert company.quarantined() == []
    assert [row[2:] for row in company.deliveries() if row[0] == "loaded"] == [
        (3, 3, 0),
        (1, 1, 0),
        (2, 2, 0),
    ]


def mended_export(company: Company) -> Path:
    """An export of the quarantined rows, every amount made positive."""
    path = company.root.parent / "mended.csv"
    workspace = company.workspace
    resources = workspace.settings.resources
    with connect(workspace.warehouse, resources, workspace.temporary, True) as connection:
        rows = list(bad_rows(connection, quarantined(connection)))
    export_rows(company.contracts[0], rows, path)
    path.write_text(path.read_text().replace(",-1,mean", ",1,mean"))
    return path
