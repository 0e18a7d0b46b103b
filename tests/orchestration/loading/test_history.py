"""The archive alone tells everything that was delivered, as the runs that found it took it."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from orchestration.errors import RapportError
from orchestration.loading.archive import INDEX_FILE, archived_files
from orchestration.loading.arrivals import Arrivals
from orchestration.loading.history import arrivals_for_rebuild
from orchestration.loading.load import Loader
from orchestration.loading.tables import create_tables
from orchestration.loading.withdraw import withdraw
from orchestration.sql import connect
from tests.orchestration.loading.company import HEADER, LOADED_AT, Company

LINE = "t1,1,a,2026-01-02\n"
FEED = {
    "contract": "shop/things",
    "files": {"own": {"path": "own/*.csv"}},
    "sql": "select a as thing_id, max(b) as amount, max(c) as seen_at from own group by all",
    "rows": "derive",
}


def state(company: Company) -> list[tuple[Any, ...]]:
    """Raw rows and the deliveries in force."""
    rows = company.rows("select * exclude (_loaded_at) from raw.shop_things order by all")
    return rows + company.rows(
        "select delivery_id, file_name, received_at, rows_loaded, status"
        " from quality.deliveries where status in ('loaded', 'quarantined') order by all"
    )


def rebuild(company: Company) -> Arrivals:
    """What the first two steps of a rebuild do, in the place of the company's own file."""
    shutil.rmtree(company.workspace.landing)
    company.workspace.warehouse.unlink()
    workspace = company.workspace
    with connect(
        workspace.warehouse, workspace.settings.resources, workspace.temporary
    ) as connection:
        create_tables(connection, company.contracts)
        arrivals = arrivals_for_rebuild(workspace, company.contracts)
        Loader(connection, workspace, "run_2", LOADED_AT).load(arrivals, lambda _: None)
    return arrivals


def test_a_rebuild_loads_what_the_runs_had_loaded(company: Company) -> None:
    company.drop_things(LINE, "b_20260105.csv")
    company.drop("shop/things/touched.csv", HEADER + "t2,2,,2026-01-01\n", dt.datetime(2026, 1, 7))
    company.drop_things("wrong,file\n,\n", "c_20260105.csv")
    company.load()
    company.drop_things(LINE, "a_20260103.csv")  # the same bytes, found later
    company.drop("shop/things/touched.csv", HEADER + "t2,2,,2026-01-01\n", dt.datetime(2026, 1, 9))
    company.load()
    before = state(company)
    rebuild(company)
    assert state(company) == before


def test_of_a_whole_feed_each_name_counts_with_its_last_content(company: Company) -> None:
    company.configure(feeds=[FEED])
    company.drop("own/one.csv", "a,b,c\nt1,1,2026-01-02\n", dt.datetime(2026, 1, 5))
    company.drop("own/two.csv", "a,b,c\nt9,9,2026-01-02\n", dt.datetime(2026, 1, 5))
    company.load()
    company.drop("own/one.csv", "a,b,c\nt1,2,2026-01-02\n", dt.datetime(2026, 1, 6))
    company.load()
    company.drop("own/one.csv", "a,b,c\nt1,1,2026-01-02\n", dt.datetime(2026, 1, 5))
    company.load()
    before = [row[:2] for row in company.things()]
    assert before == [("t1", "1.0000"), ("t9", "9.0000")]
    rebuild(company)
    assert [row[:2] for row in company.things()] == before
    company.drop("own/three_20260108.csv", "a,b,c\nt3,3,2026-01-02\n")
    company.load()
    assert [row[:2] for row in company.things()] == [*before[:1], ("t3", "3.0000"), *before[1:]]


def test_files_from_before_a_feed_are_loaded_and_those_of_a_feed_that_is_gone_are_told(
    company: Company,
) -> None:
    company.drop_things(LINE)
    company.load()
    files = {"own": {"path": "own/*.csv"}}
    sql = "select a as thing_id, b as amount, c as seen_at from own"
    company.configure(feeds=[{"contract": "shop/things", "files": files, "sql": sql}])
    company.drop("own/20260106.csv", "a,b,c\nt2,2,2026-01-02\n")
    company.load()
    before = state(company)
    assert rebuild(company).notes == []
    assert state(company) == before
    company.configure(feeds=[])
    company.workspace.landing.mkdir()
    assert "own/20260106.csv" in rebuild(company).notes[0]
    assert [row[0] for row in company.things()] == ["t1"]


def test_a_delivery_that_the_raw_gate_stopped_stays_stopped(company: Company) -> None:
    company.drop_things(LINE)
    company.load()
    workspace = company.workspace
    with connect(
        workspace.warehouse, workspace.settings.resources, workspace.temporary
    ) as connection:
        assert withdraw(connection, workspace, company.contracts[0], ["run_1"], "it doubles") == 1
    before = (company.deliveries(), company.reasons())
    assert before[0] == [("quarantined", "raw_gate", 1, 0, 1)]
    rebuild(company)
    assert (company.deliveries(), company.reasons()) == before
    assert company.things() == []


def old_notes(archive: Path) -> None:
    """The archive as it was written before there was one index."""
    found: dict[str, list[dict[str, object]]] = {}
    for line in filter(None, (archive / INDEX_FILE).read_text().splitlines()):
        entry = json.loads(line)
        entry["received_at"] = entry["received_at"].replace("T", " ")
        found.setdefault(entry["sha256"], []).append(entry)
    for sha256, entries in found.items():
        (archive / f"{sha256}.json").write_text(json.dumps(entries, indent=1))
    (archive / INDEX_FILE).unlink()


def test_notes_of_earlier_versions_are_read(company: Company) -> None:
    company.drop("shop/things/plain.csv", HEADER + LINE, dt.datetime(2026, 1, 3, 8, 15))
    company.drop_things("t2,2,b,2026-01-02\n", "things_20260106.csv")
    company.load()
    before, known = state(company), list(archived_files(company.workspace))
    old_notes(company.workspace.archive)
    assert list(archived_files(company.workspace)) == known
    company.load()
    assert not (company.workspace.archive / INDEX_FILE).exists()
    rebuild(company)
    assert state(company) == before
    company.drop_things("t3,3,b,2026-01-02\n", "things_20260107.csv")
    company.load()
    assert len(list(archived_files(company.workspace))) == 3


@pytest.mark.parametrize("damage", ["missing", "changed"])
def test_a_damaged_archive_is_told_before_anything_is_loaded(company: Company, damage: str) -> None:
    company.drop_things(LINE)
    company.load()
    [path] = [p for p in company.workspace.archive.iterdir() if p.name != INDEX_FILE]
    path.unlink()
    if damage == "changed":
        path.write_text("other")
    with pytest.raises(RapportError, match=r"lost or damaged shop/things/things_20260105\.csv"):
        arrivals_for_rebuild(company.workspace, company.contracts)
