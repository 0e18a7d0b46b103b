"""The metrics of MetricFlow, asked on the published file, say what the marts say."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from orchestration.publishing.semantics import FOLDER, metricflow_environment
from orchestration.sql import identifier
from orchestration.workspace import Workspace
from tests.conftest import RunCli

BY_DAY = {"business_date": "metric_time__day"}

Key = tuple[str, ...]


@dataclass(frozen=True)
class Grain:
    """A mart, its key columns, and the dimensions of metrics that these are."""

    mart: str
    columns: tuple[str, ...]
    dimensions: tuple[str, ...]


@pytest.fixture(scope="module")
def version(sample_workspace: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of its own: MetricFlow keeps the file open, with settings that no other test has."""
    copy = tmp_path_factory.mktemp("metrics") / "version"
    return Path(shutil.copytree(sample_workspace.current.resolve(), copy))


@pytest.fixture(scope="module")
def metricflow(version: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    from dbt_metricflow.cli.cli_configuration import CLIConfiguration

    configuration = CLIConfiguration()
    with metricflow_environment(version, tmp_path_factory.mktemp("logs")):
        configuration.setup(version / FOLDER, version / FOLDER, configure_file_logging=False)
        yield configuration


def equalities(version: Path) -> dict[Grain, dict[str, str]]:
    """Which column of which mart each metric says that it equals, by the grain of the mart."""
    manifest = json.loads((version / FOLDER / "target" / "manifest.json").read_text())
    found: dict[Grain, dict[str, str]] = defaultdict(dict)
    for metric in manifest["metrics"].values():
        meta = metric["config"]["meta"]
        if "equals" in meta:
            mart, column = meta["equals"].split(".")
            at = meta.get("at", BY_DAY)
            found[Grain(mart, tuple(at), tuple(at.values()))][metric["name"]] = column
    return found


def answers(metricflow: Any, grain: Grain, metrics: Sequence[str]) -> dict[Key, list[Any]]:
    """What MetricFlow answers, by the values of the dimensions."""
    from metricflow.engine.metricflow_engine import MetricFlowQueryRequest

    request = MetricFlowQueryRequest.create(
        metric_names=list(metrics), group_by_names=list(grain.dimensions)
    )
    table = metricflow.mf.query(request).result_df
    places = [list(table.column_names).index(name) for name in (*grain.dimensions, *metrics)]
    return keyed([[row[place] for place in places] for row in table.rows], grain)


def held(metricflow: Any, grain: Grain, columns: Sequence[str]) -> dict[Key, list[Any]]:
    """What the mart holds, by its key columns."""
    selected = ", ".join(map(identifier, (*grain.columns, *columns)))
    return keyed(
        metricflow.sql_client.query(f"select {selected} from marts.{grain.mart}").rows, grain
    )


def keyed(rows: Sequence[Sequence[Any]], grain: Grain) -> dict[Key, list[Any]]:
    width = len(grain.columns)
    by_key = {tuple(_text(value) for value in row[:width]): list(row[width:]) for row in rows}
    assert len(by_key) == len(rows)
    return by_key


def _text(value: Any) -> str:
    return f"{value:%Y-%m-%d}" if hasattr(value, "year") else str(value)


def test_every_metric_equals_the_column_it_names(metricflow: Any, version: Path) -> None:
    grains = equalities(version)
    assert grains
    for grain, columns in grains.items():
        asked = answers(metricflow, grain, list(columns))
        rows = held(metricflow, grain, list(columns.values()))
        assert rows, f"{grain.mart} is empty, so nothing was compared"
        nothing = [None] * len(columns)
        wrong = [
            f"{name} at {key} is {said}, but {grain.mart}.{columns[name]} is {told}"
            for key in rows.keys() | asked.keys()
            for name, said, told in zip(
                columns, asked.get(key, nothing), rows.get(key, nothing), strict=True
            )
            if float(said or 0) != pytest.approx(float(told or 0), rel=1e-9, abs=1e-6)
        ]
        assert not wrong, f"{len(wrong)} differences, first: {wrong[0]}"


def test_the_command_asks_the_published_version(sample_workspace: Workspace) -> None:
    told = subprocess.run(
        [
            *(sys.executable, "-m", "orchestration.cli.main", "metrics"),
            *("--workspace", sample_workspace.root),
            *("query", "--metrics", "net_revenue", "--group-by", "order__channel", "--quiet"),
        ],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "order__channel" in told.stdout
    assert "store" in told.stdout


def test_without_metrics_the_command_says_what_to_do(cli: RunCli, tmp_path: Path) -> None:
    assert cli("init", "--workspace", tmp_path).exit_code == 0
    outcome = cli("metrics", "--workspace", tmp_path, "list", "metrics")
    assert outcome.exit_code == 2
    assert "run `rapport run` first" in outcome.err
