"""`rapport status`: every delivered row is loaded or set aside, and the sums say so."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.cli.output import console
from orchestration.publishing.accounts import read_accounts, total
from orchestration.workspace import DATABASE_FILE, Workspace
from tests.conftest import RunCli, query

DELIVERIES = """
    create schema quality;
    create table quality.sources as
    select * from (values
        ('shop', 'orders', timestamp '2026-01-03', true, '3.csv was refused'),
        ('shop', 'returns', timestamp '2026-01-02', false, null),
        ('web', 'events', null, null, null)
    ) as sources(source, extract, last_received_at, is_stale, stale_reason);
    create table quality.deliveries as
    select * from (values
        ('d1', 'shop', 'orders', 'loaded', 10, 9, 1),
        ('d2', 'shop', 'orders', 'loaded', 20, 20, 0),
        ('d3', 'shop', 'orders', 'quarantined', 5, 0, 5),
        ('d4', 'shop', 'orders', 'repeated', 10, 0, 10),
        ('d5', 'shop', 'returns', 'superseded', 7, 7, 0),
        ('d6', 'shop', 'returns', 'loaded', 8, 8, 0)
    ) as deliveries(
        delivery_id, source, extract, status, rows_delivered, rows_loaded, rows_quarantined
    );
"""


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """What a published file with known deliveries says."""
    path = tmp_path_factory.mktemp("published") / DATABASE_FILE
    with duckdb.connect(str(path)) as connection:
        connection.execute(DELIVERIES)
    return path


def test_refused_deliveries_count_and_repeats_and_replaced_ones_do_not(told: Path) -> None:
    orders, returns, events = read_accounts(told)
    assert (orders.contract, orders.deliveries, orders.refused) == ("shop/orders", 3, 1)
    assert (orders.rows_delivered, orders.rows_loaded, orders.rows_quarantined) == (35, 29, 6)
    assert orders.bad_share == 6 / 35
    assert orders.stale_reason == "3.csv was refused"
    assert (returns.deliveries, returns.rows_delivered, returns.rows_loaded) == (1, 8, 8)
    assert (events.deliveries, events.rows_delivered, events.bad_share) == (0, 0, None)
    assert [item.is_notable for item in (orders, returns, events)] == [True, False, False]
    everything = total([orders, returns, events])
    assert (everything.rows_delivered, everything.rows_loaded) == (43, 37)
    assert (everything.rows_quarantined, everything.is_stale) == (6, True)


def test_every_contract_adds_up_and_so_does_their_sum(
    cli: RunCli, sample_workspace: Workspace
) -> None:
    content = json.loads(cli("status", "-w", sample_workspace.root, "--json").out)
    contracts, everything = content["deliveries"]["contracts"], content["deliveries"]["total"]
    for item in [*contracts, everything]:
        assert item["rows_delivered"] == item["rows_loaded"] + item["rows_quarantined"]
    for name in ("deliveries", "rows_delivered", "rows_loaded", "rows_quarantined"):
        assert everything[name] == sum(item[name] for item in contracts)
    [(delivered,)] = query(
        sample_workspace.warehouse,
        "select sum(rows_delivered) from quality.deliveries"
        " where status in ('loaded', 'quarantined')",
    )
    assert everything["rows_delivered"] == delivered > 100_000


def test_the_screen_shows_what_matters_and_everything_when_asked(
    cli: RunCli, sample_workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(console, "width", 100)  # no name is folded
    content = json.loads(cli("status", "-w", sample_workspace.root, "--json").out)
    contracts, everything = content["deliveries"]["contracts"], content["deliveries"]["total"]
    counts = [everything["deliveries"], everything["rows_delivered"], everything["rows_loaded"]]
    [line] = [
        line
        for line in cli("status", "-w", sample_workspace.root).out.splitlines()
        if line.startswith("all contracts")
    ]
    assert line.split()[2:5] == [f"{count:,}" for count in counts]
    clean = [item["contract"] for item in contracts if not item["rows_quarantined"]]
    short = cli("status", "-w", sample_workspace.root).out
    assert not [name for name in clean if f"{name} " in short]
    assert "more contracts" in short
    full = cli("status", "-w", sample_workspace.root, "--all").out
    assert all(f"{item['contract']} " in full for item in contracts)
    assert "more contracts" not in full


def test_it_does_not_need_the_working_file(cli: RunCli, workspace: Workspace) -> None:
    with duckdb.connect(str(workspace.warehouse)):  # as a run at work holds it
        outcome = cli("status", "-w", workspace.root)
    assert outcome.exit_code == 0
    assert "all contracts" in outcome.out


def test_what_is_refused_or_stale_is_told(cli: RunCli, workspace: Workspace, told: Path) -> None:
    file = workspace.current / DATABASE_FILE
    file.unlink()
    file.write_bytes(told.read_bytes())
    shown = cli("status", "-w", workspace.root).out
    assert "  shop/orders: 1 of 3 files refused whole" in shown
    assert "  shop/orders: stale, 3.csv was refused" in shown
    assert "2 more contracts: rapport status --all" in shown
