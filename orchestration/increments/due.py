"""What a run must build: models, seeds and tests for whose present version nothing was built yet.

Whatever has no note for its version is due: a note is taken away before a model is built, and made
again when it stands and the tests of its phase have passed.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import duckdb

from orchestration.contracts import Contract
from orchestration.increments.graph import Graph, Node, Versions
from orchestration.increments.moved import MOVED_KEYS, is_any_moved
from orchestration.settled import Settled, raw_versions
from orchestration.sql import identifier, transaction

KIND = "model"
# A change of the as-of date touches the dates between; it is no reason to build in full.
CLOCKS = ("as_of_date",)


@dataclass(frozen=True)
class Due:
    """What a phase has to build and test, with its version; and since which run the rest stands."""

    nodes: Mapping[str, str]
    standing: Mapping[str, str]


@dataclass(frozen=True)
class Code:
    """What decides the content of models: dbt's graph, contracts and variables."""

    graph: Graph
    contracts: Sequence[Contract]
    variables: Mapping[str, Any]

    def due(
        self,
        connection: duckdb.DuckDBPyConnection,
        models: Collection[str],
        built_before: Collection[str],
    ) -> Due:
        """What is due of the models and seeds of a phase, and of the tests that look at them.

        A table is due by what it holds, a view by how it is defined: what it shows follows by
        itself. A test is due by what it looks at, also where that is only built again; and whatever
        is missing is due.
        """
        holds, says = self._contents(connection), self._definitions(connection, self.variables)
        settled, present = Settled.read(connection, KIND), _present(connection)
        moved = self._moved(connection, models)
        versions = {key: (says if self._is_view(key) else holds).of(key) for key in models}
        due = {
            key
            for key, version in versions.items()
            if _place(self.graph.nodes[key]) not in present
            or not settled.find(_name(key), version)
            or (key in moved and not self._is_view(key))
        }
        tests = {key: holds.of(key) for key in self._tests(set(models), set(built_before))}
        done = {key: settled.find(_name(key), tests[key]) for key in tests.keys() - moved}
        standing = {
            key: found.run_id
            for key, found in done.items()
            if found and not due.intersection(self.graph.parents(key))
        }
        due |= tests.keys() - standing.keys()
        return Due(
            {key: version for key, version in (versions | tests).items() if key in due}, standing
        )

    def incremental(self, connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
        """Each incremental table with the version of how it and all upstream of it are defined."""
        known = {name: value for name, value in self.variables.items() if name not in CLOCKS}
        says = self._definitions(connection, known)
        return {
            f"{identifier(node['schema'])}.{identifier(node['name'])}": says.of(key)
            for key, node in self.graph.nodes.items()
            if node["config"]["materialized"] == "incremental"
        }

    def drop_outdated(self, connection: duckdb.DuckDBPyConnection) -> list[str]:
        """Drop the incremental tables whose code has changed, which dbt then builds in full.

        Returns those that were there.
        """
        settled, versions = Settled.read(connection, KIND), self.incremental(connection)
        outdated = [name for name, text in versions.items() if not settled.find(name, text)]
        held = [name for name in outdated if _is_table(connection, name)]
        for name in held:
            connection.execute(f"drop table {name}")
        return held

    def keep_definitions(self, connection: duckdb.DuckDBPyConnection, run_id: str) -> None:
        """Note how the incremental tables, complete now, are defined."""
        settled = Settled(connection, KIND)
        for name, version in self.incremental(connection).items():
            settled.note(name, version, run_id)
        with transaction(connection):
            settled.write()

    def _contents(self, connection: duckdb.DuckDBPyConnection) -> Versions:
        """Versions by what raw tables were loaded from, and by the rows of what Python writes."""
        contracts, loaded = self._contracts, raw_versions(connection)

        def content(key: str) -> str:
            if key in contracts:
                return contracts[key].text + loaded.get(contracts[key].slug, "")
            source = self.graph.sources[key]
            # the rows of moved keys are a change, not a state: gone when everything is built
            read = _columns_of if _place(source) == MOVED_KEYS else _rows_of
            return read(connection, source)

        return Versions(self.graph, content, self.variables)

    def _definitions(
        self, connection: duckdb.DuckDBPyConnection, variables: Mapping[str, Any]
    ) -> Versions:
        """Versions by contracts, and by the columns of what Python writes."""
        contracts = self._contracts

        def definition(key: str) -> str:
            if key in contracts:
                return contracts[key].text
            return _columns_of(connection, self.graph.sources[key])

        return Versions(self.graph, definition, variables)

    @cached_property
    def _contracts(self) -> dict[str, Contract]:
        """The contracts by dbt's name of their source table."""
        return {f"source.rapport.{item.source}.{item.extract}": item for item in self.contracts}

    def _moved(self, connection: duckdb.DuckDBPyConnection, models: Collection[str]) -> set[str]:
        """All that is built on moved keys, where there are any: they are a change, not a state."""
        keys = [key for key, node in self.graph.sources.items() if _place(node) == MOVED_KEYS]
        downstream = self.graph.downstream(keys)
        return downstream if downstream & set(models) and is_any_moved(connection) else set()

    def _tests(self, models: set[str], built_before: set[str]) -> list[str]:
        """The tests that look at these models, and at nothing that is built later."""
        return [
            key
            for key, node in self.graph.nodes.items()
            if node["resource_type"] == "test"
            and models & set(self.graph.parents(key))
            and all(
                parent in models or parent in built_before or parent in self.graph.sources
                for parent in self.graph.parents(key)
            )
        ]

    def _is_view(self, key: str) -> bool:
        return bool(self.graph.nodes[key]["config"]["materialized"] == "view")


def forget(connection: duckdb.DuckDBPyConnection, due: Due) -> None:
    """Take back what was noted of all that is built now: half built, it is of no version."""
    connection.execute(
        "delete from quality.settled where kind = $kind and subject in (select unnest($names))",
        {"kind": KIND, "names": [_name(key) for key in due.nodes]},
    )


def keep_built(
    connection: duckdb.DuckDBPyConnection, due: Due, stand: Collection[str], run_id: str
) -> None:
    """Note those of the models and tests due that stand: built, or passed without a warning."""
    settled = Settled(connection, KIND)
    for key in stand:
        settled.note(_name(key), due.nodes[key], run_id)
    with transaction(connection):
        settled.write()


def _rows_of(connection: duckdb.DuckDBPyConnection, source: Node) -> str:
    """What a table holds, in any order of its rows, as one short text."""
    schema, name = _place(source)
    found = connection.execute(
        f"select count(*), sum(cast(hash(held) as hugeint)) from"
        f" {identifier(schema)}.{identifier(name)} as held"
    ).fetchall()
    return f"{_columns_of(connection, source)} {found}"


def _columns_of(connection: duckdb.DuckDBPyConnection, source: Node) -> str:
    found = connection.execute(
        "select column_name, data_type from duckdb_columns()"
        " where schema_name = ? and table_name = ? order by column_index",
        _place(source),
    ).fetchall()
    return str(found)


def _name(key: str) -> str:
    """The name out of dbt's key, `model.<project>.<name>` or `test.<project>.<name>.<hash>`."""
    return key.split(".")[2]


def _place(node: Node) -> tuple[str, str]:
    """The schema and the table of a node or source."""
    return node["schema"], node.get("identifier") or node["name"]


def _present(connection: duckdb.DuckDBPyConnection) -> set[tuple[str, str]]:
    rows = connection.execute(
        "select table_schema, table_name from information_schema.tables"
    ).fetchall()
    return {(schema, name) for schema, name in rows}


def _is_table(connection: duckdb.DuckDBPyConnection, name: str) -> bool:
    """Whether a quoted name is that of a table that holds rows, not of a view."""
    found = connection.execute(
        "select 1 from duckdb_tables() where not internal"
        " and concat('\"', schema_name, '\".\"', table_name, '\"') = ?",
        [name],
    ).fetchall()
    return bool(found)
