"""A failure at any gate stops what follows and leaves the published version readable."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.workspace import Workspace
from tests.conftest import Outcome, RunCli, last_run, query
from tests.orchestration.conftest import (
    change_settings,
    deliver,
    deliver_orders,
    order_count,
    published_version,
)
from tests.orchestration.gates.listener import Listener, listening


def assert_stopped(
    cli: RunCli, workspace: Workspace, outcome: Outcome, exit_code: int, last_step: str
) -> list[dict[str, Any]]:
    """What holds after every failure; returns the failed checks that `status` shows."""
    assert outcome.exit_code == exit_code, outcome.err
    assert "Traceback" not in outcome.out + outcome.err
    record = last_run(workspace)
    assert record.status == ("held" if exit_code == 4 else "failed")
    assert [step.name for step in record.steps][-1] == last_step
    assert record.published is None
    folder = record.folder(workspace.runs)
    [(stored,)] = query_parquet(folder / "quality.parquet")
    assert stored == sum(gate.passed + gate.warned + gate.failed for gate in record.gates)
    assert list(workspace.published.glob(".2*")) == []
    answer = cli(
        "sql", "-w", workspace.root, "select count(*) as n from marts.fct_orders", "--json"
    )
    assert json.loads(answer.out) == [{"n": order_count(workspace)}]
    status = json.loads(cli("status", "-w", workspace.root, "--json").out)
    assert status["published"]["run_id"] == published_version(workspace) != record.run_id
    assert status["runs"][0]["error"] == record.error
    checks: list[dict[str, Any]] = status["failed_checks"]
    return checks


def query_parquet(path: Path) -> list[tuple[Any, ...]]:
    with duckdb.connect() as connection:
        return connection.execute("select count(*) from read_parquet(?)", [str(path)]).fetchall()


@pytest.fixture
def orders_before(sample_workspace: Workspace) -> object:
    return order_count(sample_workspace)


def test_a_repeated_key_stops_at_the_raw_gate_and_somebody_is_told(
    cli: RunCli, workspace: Workspace, orders_before: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    [(receipt_id,)] = query(
        workspace.warehouse, "select min(receipt_id) from staging.stg_pos__receipts"
    )
    deliver(
        workspace,
        "pos/receipts/again_20260701.csv",
        f"receipt_id,sold_at\n{receipt_id},2026-06-30 10:00:00\n",
    )
    with listening() as listener:
        monkeypatch.setenv("RAPPORT_WEBHOOK_URL", listener.address)
        outcome = cli("run", "-w", workspace.root)
    checks = assert_stopped(cli, workspace, outcome, 1, "Gate raw")
    [check] = [item for item in checks if item["is_blocking"]]
    assert (check["gate"], check["subject"]) == ("raw", "raw.pos_receipts")
    assert "receipt_id" in check["message"]
    assert order_count(workspace) == orders_before
    assert "receipt_id" in outcome.err
    _assert_told(listener, workspace)
    monkeypatch.delenv("RAPPORT_WEBHOOK_URL")
    outcome = cli("run", "-w", workspace.root)
    assert outcome.exit_code == 0, outcome.err
    assert order_count(workspace) == orders_before
    assert "again_20260701.csv was refused" in " ".join(outcome.out.split())


def _assert_told(listener: Listener, workspace: Workspace) -> None:
    [(kind, body)] = listener.messages
    record = last_run(workspace)
    assert kind == "application/json"
    told = json.loads(body)
    assert (told["company"], told["run_id"], told["status"]) == (
        "Sample Outfitters",
        record.run_id,
        "failed",
    )
    assert told["error"] == record.error


def test_rows_that_went_missing_stop_at_the_raw_gate_though_nobody_can_be_told(
    cli: RunCli, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    with duckdb.connect(str(workspace.warehouse)) as connection:
        connection.execute("delete from raw.shop_payments where payment_number = 1 and rowid < 9")
    change_settings(workspace, "keep_published: 4")
    monkeypatch.setenv("RAPPORT_WEBHOOK_URL", "http://127.0.0.1:9/nobody")
    checks = assert_stopped(cli, workspace, cli("run", "-w", workspace.root), 1, "Gate raw")
    assert [item["check_name"] for item in checks if item["is_blocking"]] == [
        "raw_holds_every_loaded_row"
    ]
    assert any("webhook" in message for message in last_run(workspace).messages)


def test_an_order_in_a_currency_without_a_rate_stops_at_a_dbt_test(
    cli: RunCli, workspace: Workspace
) -> None:
    deliver_orders(workspace, "X1,A10000,web,2026-06-30 10:00:00,completed,JPY,100")
    outcome = cli("run", "-w", workspace.root)
    checks = assert_stopped(cli, workspace, outcome, 1, "Transform")
    assert any("rules_of_int_orders_priced" in item["check_name"] for item in checks)
    assert "rules_of_int_orders_priced" in outcome.err


def test_figures_that_jump_are_held_until_a_person_accepts_them(
    cli: RunCli, workspace: Workspace, orders_before: object
) -> None:
    change_settings(workspace, "gates: {headline_jump: 0.01}")
    moment = "2026-06-30 10:00:00"
    manifest = json.loads((workspace.current / "manifest.json").read_text("utf-8"))
    customers = manifest["headline"]["customers"]
    deliver_orders(workspace, *(f"X{n},XA{n},web,{moment},completed,EUR,10" for n in range(100)))
    held = cli("run", "-w", workspace.root)
    checks = assert_stopped(cli, workspace, held, 4, "Gate marts")
    assert {item["check_name"] for item in checks if item["is_blocking"]} >= {
        "headline_customers",
        "headline_orders",
    }
    words = " ".join(held.err.split())
    assert f"customers went from {customers:,.2f} to {customers + 100:,.2f}" in words
    assert "--accept-change" in words
    accepted = cli("run", "-w", workspace.root, "--accept-change", "--json")
    assert accepted.exit_code == 0
    assert json.loads(accepted.out)["status"] == "published"
    assert order_count(workspace) == int(str(orders_before)) + 100


def test_a_version_that_cannot_be_flipped_in_leaves_the_old_one(
    cli: RunCli, workspace: Workspace
) -> None:
    """`current` replaced by a folder of the same files, as a careless copy leaves it."""
    version = published_version(workspace)
    before = order_count(workspace)
    workspace.current.unlink()
    shutil.copytree(workspace.published / version, workspace.current)
    deliver_orders(workspace, "X1,A10000,web,2026-06-30 10:00:00,completed,EUR,10")
    outcome = cli("run", "-w", workspace.root)
    assert outcome.exit_code == 1
    assert "Traceback" not in outcome.err
    assert last_run(workspace).status == "failed"
    assert order_count(workspace) == before
    assert query(workspace.current / "warehouse.duckdb", "select 1") == [(1,)]
