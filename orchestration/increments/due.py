"""Which models a run must build in full: those whose code, rules or settings have changed.

Staging models of contracts are built where their raw rows have changed too; incremental tables
bring those in by date.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb

from orchestration.contracts import Contract
from orchestration.settled import Settled, raw_versions
from orchestration.sql import identifier, transaction

KIND = "model"
# A change of the as-of date touches the dates between; it is no reason to build in full.
CLOCKS = ("as_of_date",)
STRATEGY = "macro.rapport.get_incremental_touched_dates_sql"
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


@dataclass(frozen=True)
class Code:
    """What decides the content of models: dbt's graph, its settings, contracts and variables."""

    manifest: Path
    project: Path
    contracts: Sequence[Contract]
    variables: Mapping[str, Any]

    @cached_property
    def graph(self) -> Node:
        """The manifest as dbt wrote it."""
        graph: Node = json.loads(self.manifest.read_text("utf-8"))
        return graph

    def due_staging(self, connection: duckdb.DuckDBPyConnection) -> Due:
        """The staging models of contracts that are missing or not built for the present version.

        A version covers the SQL of a model, of its tests and of the macros behind them, the
        variables they name, the contracts of its sources, and what their raw tables were loaded
        from.
        """
        raw = self._raw_texts(raw_versions(connection))
        models = self._staging
        tests = self._tests(set(models))
        versions = {
            key: self._version(
                [node, *(test for test in tests if key in _nodes(test))],
                [raw.get(item, "") for item in _nodes(node)],
            )
            for key, node in models.items()
        }
        settled, present = Settled.read(connection, KIND), _present(connection, "staging")
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

    def incremental(self) -> dict[str, str]:
        """Each incremental table with the version of it and of all that is upstream of it."""
        raw = self._raw_texts({})
        return {
            f"{identifier(node['schema'])}.{identifier(node['name'])}": self._version(
                self._upstream(key), [raw.get(item, "") for item in self._ancestors(key)], CLOCKS
            )
            for key, node in self.graph["nodes"].items()
            if node["resource_type"] == "model" and node["config"]["materialized"] == "incremental"
        }

    def drop_outdated(self, connection: duckdb.DuckDBPyConnection) -> list[str]:
        """Drop the incremental tables whose code has changed, which dbt then builds in full.

        Returns those that were there.
        """
        settled, versions = Settled.read(connection, KIND), self.incremental()
        outdated = [name for name, text in versions.items() if not settled.find(name, text)]
        held = [name for name in outdated if _is_table(connection, name)]
        for name in held:
            connection.execute(f"drop table {name}")
        return held

    def _version(
        self, nodes: Sequence[Node], texts: Sequence[str], left_out: Sequence[str] = ()
    ) -> str:
        named = {key: value for key, value in self.variables.items() if key not in left_out}
        project_text = (self.project / "dbt_project.yml").read_text("utf-8")
        return "\x1f".join([project_text, *_texts(self.graph, nodes, named), *texts])

    def _raw_texts(self, versions: Mapping[str, str]) -> dict[str, str]:
        """For dbt's name of each source table, its contract and what it was loaded from."""
        return {
            f"source.rapport.{item.source}.{item.extract}": item.text + versions.get(item.slug, "")
            for item in self.contracts
        }

    @cached_property
    def _staging(self) -> dict[str, Node]:
        """The staging models of contracts; what Python assets write is staged in a later phase."""
        sources = self.graph["sources"].items()
        by_hand = {key for key, source in sources if source["schema"] != "raw"}
        return {
            key: node
            for key, node in self.graph["nodes"].items()
            if node["resource_type"] == "model"
            and node["schema"] == "staging"
            and not by_hand & set(_nodes(node))
        }

    def _tests(self, models: set[str]) -> list[Node]:
        """The tests that look at these models, and at raw tables, alone."""
        return [
            node
            for node in self.graph["nodes"].values()
            if node["resource_type"] == "test"
            and models & set(_nodes(node))
            and all(key in models or key.startswith("source.") for key in _nodes(node))
        ]

    def _ancestors(self, key: str) -> list[str]:
        """A node and all that is upstream of it, sources too, in a fixed order."""
        nodes, found, waiting = self.graph["nodes"], {key}, [key]
        while waiting:
            parents = set(_nodes(nodes[node])) if (node := waiting.pop()) in nodes else set()
            waiting += parents - found
            found |= parents
        return sorted(found)

    def _upstream(self, key: str) -> list[Node]:
        nodes = self.graph["nodes"]
        return [nodes[item] for item in self._ancestors(key) if item in nodes]


def keep_built(
    connection: duckdb.DuckDBPyConnection, models: Mapping[str, str], run_id: str
) -> None:
    """Note the models that were built and whose tests passed."""
    settled = Settled(connection, KIND)
    for name, version in models.items():
        settled.note(name, version, run_id)
    with transaction(connection):
        settled.write()


def _texts(graph: Node, nodes: Iterable[Node], variables: Mapping[str, Any]) -> Iterator[str]:
    """Everything that decides what these nodes do, the variables last."""
    parts = [part for node in nodes for part in _node_texts(graph, node)]
    yield from parts
    named = {name: value for name, value in variables.items() if any(name in p for p in parts)}
    yield json.dumps(named, sort_keys=True, default=str)


def _node_texts(graph: Node, node: Node) -> list[str]:
    arguments = (node.get("test_metadata") or {}).get("kwargs")
    is_incremental = node["config"].get("materialized") == "incremental"
    called = [*node["depends_on"].get("macros", []), *([STRATEGY] if is_incremental else [])]
    macros = _macros(graph, called, set())
    config = {name: node["config"].get(name) for name in ("materialized", "schema", "severity")}
    content = node["checksum"]["checksum"] if node["resource_type"] == "seed" else ""
    about = json.dumps([node["unique_id"], config, arguments], sort_keys=True, default=str)
    return [about, node["raw_code"], content, *sorted(macros)]


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
    keys: list[str] = node["depends_on"].get("nodes", [])
    return keys


def _present(connection: duckdb.DuckDBPyConnection, schema: str) -> set[str]:
    rows = connection.execute(
        "select table_name from information_schema.tables where table_schema = ?", [schema]
    ).fetchall()
    return {row[0] for row in rows}


def _is_table(connection: duckdb.DuckDBPyConnection, name: str) -> bool:
    """Whether a quoted name is that of a table that holds rows, not of a view."""
    found = connection.execute(
        "select 1 from duckdb_tables() where not internal"
        " and concat('\"', schema_name, '\".\"', table_name, '\"') = ?",
        [name],
    ).fetchall()
    return bool(found)
