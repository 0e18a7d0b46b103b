"""Readers of the published file during ten publications, and what they find in it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from orchestration.config import ResourceSettings
from orchestration.dbt import target_folder
from orchestration.publishing.publish import seal_candidate, write_candidate
from orchestration.publishing.tables import PublishedTable, marts
from orchestration.publishing.versions import activate, current_version, version_ids
from orchestration.workspace import DATABASE_FILE, Workspace
from tests.conftest import query
from tests.orchestration.conftest import published_file

READER = """
import duckdb, json, pathlib, sys
current, stop = map(pathlib.Path, sys.argv[1:])
seen = []
while not stop.exists() or not seen:
    with duckdb.connect(str(current / "warehouse.duckdb"), read_only=True) as connection:
        orders, days = connection.execute(
            "select (select list(distinct line_count) from marts.fct_orders),"
            " (select list(distinct order_count) from marts.metrics_daily_business)"
        ).fetchone()
        checks = connection.execute("select count(*) from quality.check_results").fetchone()
    assert orders == days and len(orders) == 1 and checks[0] > 0, (orders, days, checks)
    seen.append(orders[0])
print(json.dumps(seen))
"""
PUBLICATIONS = 10


def small_marts(workspace: Workspace) -> list[PublishedTable]:
    wanted = {"fct_orders": "line_count", "metrics_daily_business": "order_count"}
    tables = [table for table in marts(manifest(workspace)) if table.name in wanted]
    return [
        replace(table, columns={wanted[table.name]: table.columns[wanted[table.name]]})
        for table in tables
    ]


def manifest(workspace: Workspace) -> Path:
    return target_folder(workspace) / "manifest.json"


def publish(workspace: Workspace, version: int, tables: list[PublishedTable]) -> None:
    """What a run does after its gates, over marts in which every row says the version."""
    with duckdb.connect(str(workspace.warehouse)) as connection:
        connection.execute(f"update marts.fct_orders set line_count = {version}")
        connection.execute(f"update marts.metrics_daily_business set order_count = {version}")
    name = f"20990101T00000{version:02d}Z_test"
    candidate = workspace.published / f".{name}"
    write_candidate(workspace.warehouse, candidate, tables, ResourceSettings(), workspace.temporary)
    seal_candidate(workspace.warehouse, candidate, tables, {"run_id": name})
    candidate.rename(workspace.published / name)
    activate(workspace.published, name, keep=3)


def test_a_reader_looping_through_ten_publications_never_sees_half_a_version(
    workspace: Workspace, tmp_path: Path
) -> None:
    tables = small_marts(workspace)
    publish(workspace, 1, tables)
    stop = tmp_path / "stop"
    with subprocess.Popen(
        [sys.executable, "-c", READER, str(workspace.current), str(stop)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as reader:
        for version in range(2, PUBLICATIONS + 2):
            publish(workspace, version, tables)
        stop.touch()
        out, err = reader.communicate(timeout=60)
    assert reader.returncode == 0, err
    seen = json.loads(out)
    assert seen == sorted(seen)
    assert len(set(seen)) > 2
    assert len(version_ids(workspace.published)) == 3
    assert current_version(workspace.published) == "20990101T0000011Z_test"


def test_the_published_files_are_read_only_complete_and_without_a_log(
    sample_workspace: Workspace,
) -> None:
    folder = sample_workspace.current.resolve()
    modes = {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()}
    assert modes.pop("dbt") & 0o022 == 0
    assert modes.pop("manifest.json") & 0o022 == 0
    assert modes == {DATABASE_FILE: 0o444, "restricted.duckdb": 0o600}
    link = os.readlink(sample_workspace.current)
    assert link == folder.name
    described = json.loads((folder / "manifest.json").read_text())
    assert described["run_id"] == folder.name


def test_the_catalog_of_the_published_file_is_always_warehouse(
    sample_workspace: Workspace,
) -> None:
    file = published_file(sample_workspace)
    assert query(file, "select current_catalog()") == [("warehouse",)]
    assert query(file, "select count(*) > 0 from warehouse.marts.fct_orders") == [(True,)]
    assert query(file, "select count(*) from duckdb_views() where not internal") == [(0,)]


@pytest.mark.parametrize("file_name", [DATABASE_FILE, "restricted.duckdb"])
def test_every_published_table_and_column_carries_its_description(
    sample_workspace: Workspace, file_name: str
) -> None:
    file = sample_workspace.current / file_name
    tables = query(file, "select comment from duckdb_tables() where schema_name = 'marts'")
    columns = query(file, "select comment from duckdb_columns() where schema_name = 'marts'")
    assert len(tables) >= 3
    assert all(str(comment).startswith("One row per ") for (comment,) in tables)
    assert all(comment for (comment,) in columns)


def test_the_manifest_tells_what_is_in_the_file(sample_workspace: Workspace) -> None:
    described = json.loads((sample_workspace.current / "manifest.json").read_text())
    file = published_file(sample_workspace)
    found = query(
        file, "select table_name from information_schema.tables where table_schema = 'marts'"
    )
    assert {name for (name,) in found} == set(described["tables"])
    [(orders, revenue)] = query(
        file,
        "select count(*) filter (is_valid), sum(net_revenue_amount_reporting)"
        " from marts.fct_orders",
    )
    assert described["headline"]["orders"] == orders
    assert described["headline"]["net_revenue_amount"] == pytest.approx(float(str(revenue)))


def test_the_results_of_the_checks_travel_with_the_figures(sample_workspace: Workspace) -> None:
    gates = "select distinct gate from quality.check_results"
    assert {("raw",), ("marts",)} <= set(query(published_file(sample_workspace), gates))
    # the sample has planted faults in its events, which warn
    failed = (
        "select distinct check_name, is_blocking from quality.check_results where not is_passed"
    )
    assert query(published_file(sample_workspace), failed) == [("event_plan", False)]
    assert query(
        published_file(sample_workspace),
        "select count(*) from quality.deliveries"
        " where rows_delivered is distinct from rows_loaded + rows_quarantined",
    ) == [(0,)]
