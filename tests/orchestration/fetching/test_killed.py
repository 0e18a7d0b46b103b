"""A fetch that is killed at any point and repeated delivers every row once."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.orchestration.fetching.conftest import PLANTED, FetchingMaker, Postgres
from tests.orchestration.fetching.test_databases import serve

FETCH_AND_DIE = """
import os, signal, sys
from pathlib import Path
from orchestration.contracts import read_contract
from orchestration.fetching import spool, state
from orchestration.fetching.fetch import fetch_all
from orchestration.fetching.servers import servers_of
from orchestration.workspace import Workspace

root, contract, place, times = sys.argv[1:]
spool.ROWS_PER_FILE = 2
owner = state.ServerState if hasattr(state.ServerState, place) else state
original, calls = getattr(owner, place), 0

def dying(*arguments):
    global calls
    calls += 1
    if calls == int(times):
        os.kill(os.getpid(), signal.SIGKILL)
    return original(*arguments)

setattr(owner, place, dying)
workspace = Workspace(Path(root))
fetch_all(workspace, servers_of(workspace, [read_contract(Path(contract))]))
"""
PLACES = {
    "before anything is decided": ("commit", 1),
    "before the note": ("_write", 1),
    "after the note": ("_move", 1),
    "between two files": ("_move", 2),
    "before what is known is written": ("_write", 2),
    "after what is known is written": ("_forget_unnamed", 2),
}
EVERY_TIME = ("before the note", "between two files", "before what is known is written")


@pytest.mark.parametrize(
    "place",
    [
        pytest.param(place, marks=() if place in EVERY_TIME else pytest.mark.nightly)
        for place in PLACES
    ],
)
def test_every_row_once_wherever_it_was_killed(
    make_fetching: FetchingMaker,
    postgres: Postgres,
    monkeypatch: pytest.MonkeyPatch,
    place: str,
) -> None:
    """Of a contract without a key, where a row that came twice would count twice."""
    monkeypatch.setenv("ERP_USER", "rapport")
    monkeypatch.setenv("ERP_PASSWORD", PLANTED)
    columns: dict[str, dict[str, Any]] = {"thing_id": {"physicalType": "varchar"}}
    company = make_fetching(columns=columns, mode="append", updatedAt=None)
    postgres.execute("drop table if exists things", "create table things (thing_id int)")
    postgres.execute("insert into things select generate_series(1, 5)")
    serve(company, postgres, cursor="thing_id", deletes=None)
    name, times = PLACES[place]
    arguments = (company.workspace.root, company.contracts[0].path, name, times)
    done = subprocess.run(
        [sys.executable, "-c", FETCH_AND_DIE, *map(str, arguments)],
        check=False,
        cwd=Path(__file__).parents[3],
    )
    assert done.returncode == -signal.SIGKILL
    company.company.load()  # what a run may find in between
    postgres.execute("insert into things values (6)")
    assert company.fetch().error is None
    company.company.load()
    loaded = company.company.rows("select thing_id from raw.shop_things order by 1")
    assert [row[0] for row in loaded] == ["1", "2", "3", "4", "5", "6"]
    assert company.fetch().rows == 0
