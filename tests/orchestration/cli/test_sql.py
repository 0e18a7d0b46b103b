"""`rapport sql`: answers from the published file, and can do nothing else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from orchestration.workspace import Workspace
from tests.conftest import RunCli
from tests.orchestration.conftest import published_file


def test_an_answer_is_a_table_or_json(cli: RunCli, sample_workspace: Workspace) -> None:
    query = "select 1 as one, null as nothing, date '2026-01-02' as day, 'ü' as text"
    assert "2026-01-02" in cli("sql", "-w", sample_workspace.root, query).out
    answer = cli("sql", "-w", sample_workspace.root, query, "--json")
    assert json.loads(answer.out) == [{"one": 1, "nothing": None, "day": "2026-01-02", "text": "ü"}]


def test_a_number_that_json_has_not_is_null(cli: RunCli, sample_workspace: Workspace) -> None:
    query = "select 'nan'::double as a, [1.5, 'inf'::double] as b"
    answer = cli("sql", "-w", sample_workspace.root, query, "--json")
    assert json.loads(answer.out) == [{"a": None, "b": [1.5, None]}]


def test_a_long_answer_is_cut_and_says_so(cli: RunCli, sample_workspace: Workspace) -> None:
    arguments = ("sql", "-w", sample_workspace.root, "from range(7)", "--json", "--limit")
    cut, whole = cli(*arguments, 3), cli(*arguments, 7)
    assert (len(json.loads(cut.out)), len(json.loads(whole.out))) == (3, 7)
    assert "Only the first 3 rows" in cut.err
    assert whole.err == ""


@pytest.mark.parametrize(
    "query",
    [
        "insert into marts.dim_dates select * from marts.dim_dates",
        "update marts.fct_orders set status = 'x'",
        "drop table marts.fct_orders",
        "create table marts.mine as select 1",
        "attach '{folder}/mine.duckdb'",
        "attach '{restricted}' as restricted",
        "copy marts.dim_dates to '{folder}/dates.csv'",
        "export database '{folder}'",
        "select * from read_csv('/etc/passwd')",
        "select * from read_text('/etc/passwd')",
        "from '/etc/passwd'",
        "select * from glob('/etc/*')",
        "set enable_external_access = true",
        "install httpfs",
        "load httpfs",
        "select 1; drop table marts.fct_orders",
    ],
)
def test_a_query_can_only_read_the_published_file(
    cli: RunCli, sample_workspace: Workspace, tmp_path: Path, query: str
) -> None:
    before = published_file(sample_workspace).read_bytes()
    restricted = sample_workspace.current / "restricted.duckdb"
    outcome = cli(
        "sql",
        "-w",
        sample_workspace.root,
        query.format(folder=tmp_path, restricted=restricted),
    )
    assert outcome.exit_code == 2
    assert "cannot be answered" in outcome.err
    assert "Traceback" not in outcome.err
    assert list(tmp_path.iterdir()) == []
    assert published_file(sample_workspace).read_bytes() == before


def test_a_mistake_is_told_in_one_sentence(cli: RunCli, sample_workspace: Workspace) -> None:
    outcome = cli("sql", "-w", sample_workspace.root, "select nothing from marts.fct_orders")
    assert outcome.exit_code == 2
    assert "nothing" in outcome.err


def test_before_anything_is_published_it_says_what_to_do(cli: RunCli, tmp_path: Path) -> None:
    cli("init", "-w", tmp_path)
    outcome = cli("sql", "-w", tmp_path, "select 1")
    assert outcome.exit_code == 2
    assert "rapport run" in outcome.err
