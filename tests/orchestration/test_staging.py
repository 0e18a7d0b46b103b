"""Staging is built anew where its code, its rules or its rows have changed, and nowhere else."""

from __future__ import annotations

import duckdb

from orchestration.workspace import Workspace
from tests.conftest import RunCli, last_run, query
from tests.orchestration.conftest import change_settings, deliver_orders, order_count


def staged(workspace: Workspace) -> int | None:
    """How many staging models the latest run built."""
    return next(step.rows for step in last_run(workspace).steps if step.name == "Stage")


def run(cli: RunCli, workspace: Workspace) -> None:
    outcome = cli("run", "-w", workspace.root)
    assert outcome.exit_code == 0, outcome.err


def test_a_fresh_warehouse_stages_everything_and_a_run_only_what_is_new_or_missing(
    cli: RunCli, workspace: Workspace
) -> None:
    orders = order_count(workspace)
    everything = staged(workspace)
    assert everything is not None
    assert everything > 10
    with duckdb.connect(str(workspace.warehouse)) as connection:
        connection.execute("drop view staging.stg_shop__payments")
    deliver_orders(workspace, "X1,A10000,web,2026-06-30 10:00:00,completed,EUR,10")
    run(cli, workspace)
    assert staged(workspace) == 2
    assert query(workspace.warehouse, "select count(*) > 0 from staging.stg_shop__payments") == [
        (True,)
    ]
    gates = {gate.name: gate for gate in last_run(workspace).gates}
    assert gates["dbt stage"].passed >= 2
    assert order_count(workspace) == int(str(orders)) + 1
    change_settings(workspace, "keep_published: 4")
    run(cli, workspace)
    assert staged(workspace) == 0


def test_a_staging_test_that_failed_is_run_again(cli: RunCli, workspace: Workspace) -> None:
    with duckdb.connect(str(workspace.warehouse)) as connection:
        connection.execute("delete from quality.settled where subject = 'stg_shop__orders'")
        connection.execute(
            "update raw.shop_orders set order_id = null where order_id = (select"
            " min(order_id) from raw.shop_orders)"
        )
    for number in (4, 5):
        change_settings(workspace, f"# try {number}")
        assert cli("run", "-w", workspace.root).exit_code == 1
        assert last_run(workspace).steps[-1].name == "Stage"
