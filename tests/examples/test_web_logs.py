"""Web logs of other companies through their feeds, to figures counted on the files themselves."""

from __future__ import annotations

import datetime as dt
import gzip
import shutil
from pathlib import Path

import duckdb
import pytest
import yaml

from orchestration.contracts import load_contracts
from orchestration.workspace import CODE_ROOT, Workspace
from tests.conftest import query, run_command
from tests.orchestration.loading.company import Company

HITS = Path("clickbench_mini") / "click_mini.tsv.gz"
SHOPPERS = Path("online_shoppers") / "online_shoppers_intention.csv.gz"


def file_of(real_data: Path, name: Path) -> Path:
    """A file of real data, if it is there."""
    if not (real_data / name).exists():
        pytest.skip(f"the folder that RAPPORT_TEST_DATA names has no {name}")
    return real_data / name


def loaded(example: str, file: Path, folder: Path) -> Company:
    """The company of an example with its file loaded, no run."""
    contracts = [c for c in load_contracts(CODE_ROOT / "data_contracts") if c.slug == "web/events"]
    settings = yaml.safe_load((CODE_ROOT / "examples" / example / "rapport.yml").read_text("utf-8"))
    company = Company(folder / example, contracts, settings)
    landing = company.workspace.landing / file.parent.name
    landing.mkdir(parents=True)
    shutil.copyfile(file, landing / file.name)
    company.load()
    return company


def built(example: str, file: Path, folder: Path) -> Workspace:
    """The example as its README says, run once."""
    root = folder / example
    assert run_command("init", "-w", root, "--example", example, "--data", file.parent) == 0
    assert run_command("run", "-w", root) == 0
    return Workspace(root)


def answer(workspace: Workspace, sql: str) -> tuple[object, ...]:
    """The one row of a query on the published file."""
    [row] = query(workspace.current / "warehouse.duckdb", sql)
    return row


def hits(file: Path) -> list[tuple[str, dt.datetime]]:
    """Visitor and moment of each page view, in order, read without the loader."""
    with gzip.open(file, "rt", encoding="utf-8", newline="\n") as lines:
        fields = [line.split("\t") for line in lines]
    return sorted((field[9], dt.datetime.fromisoformat(field[4])) for field in fields)


def sessions_in(events: list[tuple[str, dt.datetime]]) -> int:
    """Sessions by the rule of the documentation, walked through event by event."""
    count, visitor, before, start = 0, "", dt.datetime.min, dt.datetime.min
    for who, at in events:
        is_pause = at - before > dt.timedelta(minutes=30)
        if who != visitor or is_pause or at - start >= dt.timedelta(hours=24):
            count, start = count + 1, at
        visitor, before = who, at
    return count


def pages_of_shoppers(file: Path) -> tuple[int, int, int]:
    """Sessions with a page, page views and orders, counted on the file."""
    [row] = duckdb.execute(
        "select count(*) filter (pages > 0), sum(pages)::bigint, count(*) filter (Revenue)"
        " from (select *, Administrative + Informational + ProductRelated as pages"
        " from read_csv(?))",
        [str(file)],
    ).fetchall()
    return row


def test_every_hit_is_loaded_with_its_visitor_and_moment(real_data: Path, tmp_path: Path) -> None:
    file = file_of(real_data, HITS)
    rows = loaded("clickbench", file, tmp_path).rows(
        "select visitor_id, event_at from raw.web_events order by 1, 2"
    )
    assert rows == hits(file)
    assert (len(rows), len({visitor for visitor, _ in rows})) == (9580, 2666)


def test_every_page_of_a_shopper_becomes_a_view_and_every_purchase_an_order(
    real_data: Path, tmp_path: Path
) -> None:
    file = file_of(real_data, SHOPPERS)
    rows = loaded("online_shoppers", file, tmp_path).rows(
        "select count(distinct visitor_id) filter (event_type = 'page_view'),"
        " count(*) filter (event_type = 'page_view'), count(*) filter (event_type = 'order')"
        " from raw.web_events"
    )
    assert rows == [pages_of_shoppers(file)]
    assert rows == [(12324, 426004, 1908)]


@pytest.mark.nightly
def test_hits_become_the_sessions_that_a_walk_through_them_finds(
    real_data: Path, tmp_path: Path
) -> None:
    file = file_of(real_data, HITS)
    workspace = built("clickbench", file, tmp_path)
    events = hits(file)
    assert answer(
        workspace,
        "select count(*), count(distinct visitor_key), sum(view_count)::bigint"
        " from marts.fct_web_sessions",
    ) == (sessions_in(events), len({visitor for visitor, _ in events}), len(events))
    assert answer(workspace, "select count(*) from marts.fct_page_views") == (9580,)


@pytest.mark.nightly
def test_shoppers_keep_their_sessions_pages_and_purchases(real_data: Path, tmp_path: Path) -> None:
    file = file_of(real_data, SHOPPERS)
    workspace = built("online_shoppers", file, tmp_path)
    sessions, pages, orders = pages_of_shoppers(file)
    assert answer(
        workspace,
        "select count(*) filter (view_count > 0), sum(view_count)::bigint,"
        " count(*) filter (is_converted), count(*) filter (not is_engaged and view_count > 0)"
        " from marts.fct_web_sessions",
    ) == (sessions, pages, orders, bounces_in(file))


def bounces_in(file: Path) -> int:
    """Sessions of one page for less than ten seconds that bought nothing."""
    [row] = duckdb.execute(
        "select count(*) from read_csv(?)"
        " where Administrative + Informational + ProductRelated = 1 and not Revenue",
        [str(file)],
    ).fetchall()
    return int(row[0])
