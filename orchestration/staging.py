"""Which staging models a run must build: those whose code, rules or raw rows have changed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from orchestration.contracts import Contract
from orchestration.settled import Settled, raw_versions
from orchestration.sql import transaction

KIND = "staging model"
Node = Mapping[str, Any]


@dataclass(frozen=True)
class Due:
    """Models to build with the version of all that decides them, and the tests to run on them."""

    models: Mapping[str, str]
    tests: Sequence[str]
    is_everything: bool

    @property
    def selection(self) -> list[str]:
        """The names, as dbt's command line takes them."""
        return ["--select", *self.models, *self.tests]


def due_models(
    connection: duckdb.DuckDBPyConnection,
    manifest: Path,
    project: Path,
    contracts: Iterable[Contract],
    variables: Mapping[str, Any],
) -> Due:
    """The staging models of contracts that are missing or not built for the present version.

    A version covers the SQL of a model, of its tests and of the macros behind them, the variables
    they name, the contracts of its sources, and what their raw tables were loaded from.
    """
    graph = json.loads(manifest.read_text("utf-8"))
    project_text = (project / "dbt_project.yml").read_text("utf-8")
    raw = _raw_texts(connection, contracts)
    models = _models(graph)
    tests = _tests(graph, set(models))
    versions = {
        key: "\x1f".join(
            [
                project_text,
                *_texts(graph, [node, *(test for test in tests if key in _nodes(test))], variables),
                *(raw.get(key, "") for key in _nodes(node)),
            ]
        )
        for key, node in models.items()
    }
    settled, present = Settled.read(connection, KIND), _present(connection)
    due = {
        key
        for key, node in models.items()
        if node["name"] not in present
        or not set(_nodes(node)) <= set(raw)  # it reads what no version covers
        or not settled.find(node["name"], versions[key])
    }
    return Due(
        {models[key]["name"]: versions[key] for key in models if key in due},
        [test["name"] for test in tests if due & set(_nodes(test))],
        len(due) == len(models),
    )


def keep_built(
    connection: duckdb.DuckDBPyConnection, models: Mapping[str, str], run_id: str
) -> None:
    """Note the models that were built and whose tests passed."""
    settled = Settled(connection, KIND)
    for name, version in models.items():
        settled.note(name, version, run_id)
    with transaction(connection):
        settled.write()


def _raw_texts(
    connection: duckdb.DuckDBPyConnection, contracts: Iterable[Contract]
) -> dict[str, str]:
    """For dbt's name of each source table, its contract and what it was loaded from."""
    versions = raw_versions(connection)
    return {
        f"source.rapport.{item.source}.{item.extract}": item.text + versions.get(item.slug, "")
        for item in contracts
    }


def _models(graph: Node) -> dict[str, Node]:
    """The staging models of contracts; what Python assets write is staged in a later phase."""
    by_hand = {key for key, source in graph["sources"].items() if source["schema"] != "raw"}
    return {
        key: node
        for key, node in graph["nodes"].items()
        if node["resource_type"] == "model"
        and node["schema"] == "staging"
        and not by_hand & set(_nodes(node))
    }


def _tests(graph: Node, models: set[str]) -> list[Node]:
    """The tests that look at these models, and at raw tables, alone."""
    return [
        node
        for node in graph["nodes"].values()
        if node["resource_type"] == "test"
        and models & set(_nodes(node))
        and all(key in models or key.startswith("source.") for key in _nodes(node))
    ]


def _texts(graph: Node, nodes: Iterable[Node], variables: Mapping[str, Any]) -> Iterator[str]:
    """Everything that decides what these nodes do, the variables last."""
    parts = [part for node in nodes for part in _node_texts(graph, node)]
    yield from parts
    named = {name: value for name, value in variables.items() if any(name in p for p in parts)}
    yield json.dumps(named, sort_keys=True, default=str)


def _node_texts(graph: Node, node: Node) -> list[str]:
    arguments = (node.get("test_metadata") or {}).get("kwargs")
    macros = _macros(graph, node["depends_on"]["macros"], set())
    config = {name: node["config"].get(name) for name in ("materialized", "schema", "severity")}
    about = json.dumps([node["unique_id"], config, arguments], sort_keys=True, default=str)
    return [about, node["raw_code"], *sorted(macros)]


def _macros(graph: Node, keys: Iterable[str], seen: set[str]) -> list[str]:
    """The SQL of our own macros, and of those that they call."""
    found = []
    for key in keys:
        if key.startswith("macro.rapport.") and key not in seen:
            seen.add(key)
            macro = graph["macros"][key]
            found += [macro["macro_sql"], *_macros(graph, macro["depends_on"]["macros"], seen)]
    return found


def _nodes(node: Node) -> list[str]:
    keys: list[str] = node["depends_on"]["nodes"]
    return keys


def _present(connection: duckdb.DuckDBPyConnection) -> set[str]:
    rows = connection.execute(
        "select table_name from information_schema.tables where table_schema = 'staging'"
    ).fetchall()
    return {row[0] for row in rows}
