"""What a run has to build: by what changed since, in dbt's own graph of this project."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import duckdb
import pytest

from orchestration import dbt
from orchestration.contracts import load_contracts
from orchestration.increments.due import Code, Due, forget, keep_built
from orchestration.increments.graph import Graph, read_graph
from orchestration.workspace import CODE_ROOT, Workspace
from tests.conftest import last_run

ORDERS = "model.rapport.stg_shop__orders"
MART = "model.rapport.fct_orders"
Connection = duckdb.DuckDBPyConnection


@pytest.fixture
def warehouse(workspace: Workspace) -> Iterator[Connection]:
    """The working file of a company that was run."""
    with duckdb.connect(str(workspace.warehouse)) as connection:
        yield connection


@pytest.fixture
def code(workspace: Workspace) -> Code:
    """The code that it was run with."""
    graph = read_graph(dbt.ensure_manifest(workspace), dbt.PROJECT)
    variables = dbt.variables(workspace, last_run(workspace).as_of_date)
    return Code(graph, load_contracts(CODE_ROOT / "data_contracts"), variables)


def due(code: Code, connection: Connection) -> Due:
    """What is due of all models and seeds at once."""
    nodes = code.graph.nodes.items()
    return code.due(
        connection, [k for k, n in nodes if n["resource_type"] in ("model", "seed")], ()
    )


def models(found: Due) -> set[str]:
    """The names of the models and seeds among what is due."""
    return {key.split(".")[2] for key in found.nodes if not key.startswith("test.")}


def checks(found: Due) -> set[str]:
    """The names of the tests among what is due."""
    return {key.split(".")[2] for key in found.nodes if key.startswith("test.")}


def changed(code: Code, change: Callable[[dict[str, Any], dict[str, Any]], None]) -> Code:
    """The code after a change of nodes and macros."""
    nodes, macros = copy.deepcopy(dict(code.graph.nodes)), copy.deepcopy(dict(code.graph.macros))
    change(nodes, macros)
    return replace(code, graph=Graph(nodes, code.graph.sources, macros, code.graph.project))


def downstream(code: Code, key: str) -> set[str]:
    """The tables, by name, that are built on a node."""
    nodes = code.graph.nodes
    found = code.graph.downstream([key])
    return {
        nodes[k]["name"]
        for k in found
        if nodes[k]["config"]["materialized"] in ("table", "incremental")
    }


def test_after_a_run_nothing_is_due_and_every_test_stands(
    code: Code, warehouse: Connection
) -> None:
    found = due(code, warehouse)
    assert not found.nodes
    every = {key for key, node in code.graph.nodes.items() if node["resource_type"] == "test"}
    assert set(found.standing) == every


def test_rows_that_came_make_due_the_tables_and_tests_on_them_and_no_view(
    code: Code, warehouse: Connection
) -> None:
    warehouse.execute(
        "insert into quality.deliveries by name select * replace ('new' as delivery_id)"
        " from quality.deliveries where contract = 'shop/orders' and status = 'loaded' limit 1"
    )
    found = due(code, warehouse)
    assert models(found) == downstream(code, ORDERS)
    assert "fct_orders" in models(found)
    assert "dim_campaigns" not in models(found)
    assert "key_stg_shop__orders_shop_order_id" in checks(found)
    assert not any("stg_shop__order_lines" in name for name in checks(found) if "key_" in name)


def test_a_changed_macro_makes_due_what_calls_it_and_what_is_built_on_that(
    code: Code, warehouse: Connection
) -> None:
    def add_a_space(_: dict[str, Any], macros: dict[str, Any]) -> None:
        macros["macro.rapport.engaged_seconds"]["macro_sql"] += " "

    found = models(due(changed(code, add_a_space), warehouse))
    assert {"int_web_page_views_measured", "fct_page_views"} <= found
    assert not found & {"fct_orders", "dim_campaigns", "stg_shop__orders"}


def test_of_a_column_what_it_means_is_no_change_and_its_type_is_one(
    code: Code, warehouse: Connection
) -> None:
    def describe(nodes: dict[str, Any], _: dict[str, Any]) -> None:
        nodes[MART]["columns"]["order_id"]["description"] = "Number of the order, as it is told."

    def retype(nodes: dict[str, Any], _: dict[str, Any]) -> None:
        nodes[MART]["columns"]["order_id"]["data_type"] = "integer"

    assert not due(changed(code, describe), warehouse).nodes
    assert "fct_orders" in models(due(changed(code, retype), warehouse))


def test_another_day_makes_due_what_names_the_day(code: Code, warehouse: Connection) -> None:
    tomorrow = replace(code, variables={**code.variables, "as_of_date": "2026-07-01"})
    found = due(tomorrow, warehouse)
    assert {"fct_orders", "customer_360"} <= models(found)
    assert not models(found) & {"stg_shop__orders", "dim_source_fields"}


def test_what_was_being_built_when_a_run_died_is_due_though_nothing_else_changed(
    code: Code, warehouse: Connection
) -> None:
    broken = Due({MART: "the version of what is gone again"}, {})
    forget(warehouse, broken)
    assert models(due(code, warehouse)) == {"fct_orders"}
    keep_built(warehouse, broken, [MART], "run")
    assert models(due(code, warehouse)) == {"fct_orders"}


def test_a_test_that_found_something_is_run_again(code: Code, warehouse: Connection) -> None:
    of_orders = code.graph.downstream([MART])
    names = {"staging_orders_and_money_arrive_in_fct_orders", "rules_of_fct_orders"}
    looked = {key: "any" for key in of_orders if key.split(".")[2] in names}
    forget(warehouse, Due(looked, {}))
    again = due(code, warehouse)
    assert checks(again) == names
    keep_built(warehouse, again, [key for key in looked if "rules_of" in key], "run")
    assert checks(due(code, warehouse)) == {"staging_orders_and_money_arrive_in_fct_orders"}


def test_whoever_moved_is_followed_although_no_table_of_identities_changed(
    code: Code, warehouse: Connection
) -> None:
    warehouse.execute("insert into identity.moved_keys values ('account_id:A1')")
    found = due(code, warehouse)
    assert models(found) == downstream(code, "model.rapport.stg_identity__moved_keys")
    assert "int_interactions_resolved" in models(found)


def test_a_macro_that_reads_the_graph_lies_where_its_readers_are_told_of_changes(
    code: Code,
) -> None:
    """`upstream_contracts` reads what a model reads, which its version covers in any case."""
    readers = {
        name.removeprefix("macro.rapport."): macro["original_file_path"]
        for name, macro in code.graph.macros.items()
        if name.startswith("macro.rapport.") and "graph." in macro["macro_sql"]
    }
    assert readers.pop("upstream_contracts")
    assert readers
    assert all(path.startswith("macros/graph/") for path in readers.values())
