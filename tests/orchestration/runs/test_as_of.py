"""`run --as-of`: what was known at the end of a day, without touching what is published."""

from __future__ import annotations

import csv
import hashlib
import json
from pathlib import Path

import pytest

from orchestration.workspace import Workspace
from tests.conftest import RunCli, last_run, query
from tests.orchestration.conftest import order_count, published_version

DAY = "2026-06-28"


def known_keys(workspace: Workspace, contract: str, key: str) -> set[str]:
    """Keys in the deliveries that had been received by the day."""
    [path] = (workspace.landing / contract).glob(f"*_{DAY.replace('-', '')}.*")
    with path.open(newline="", encoding="utf-8") as file:
        lines = map(json.loads, file) if path.suffix == ".jsonl" else csv.DictReader(file)
        return {row[key] for row in lines if row.get(key)}


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.nightly
def test_it_builds_only_from_what_had_been_received_and_publishes_nothing(
    cli: RunCli, workspace: Workspace
) -> None:
    version, orders = published_version(workspace), order_count(workspace)
    before = digest(workspace.warehouse)
    outcome = cli("run", "-w", workspace.root, "--as-of", DAY)
    assert outcome.exit_code == 0, outcome.err
    record = last_run(workspace)
    assert (record.status, record.as_of_date) == ("built", DAY)
    built = record.folder(workspace.runs) / "published" / "warehouse.duckdb"
    expected = known_keys(workspace, "shop/orders", "order_id")
    expected |= known_keys(workspace, "marketplace/orders", "order_id")
    expected |= known_keys(workspace, "pos/receipts", "receipt_id")
    found = query(built, "select source_order_id from marts.fct_orders")
    assert {str(key) for (key,) in found} == expected
    assert len(expected) < int(str(orders))
    assert query(built, "select max(business_date) <= ?::date from marts.fct_orders", DAY) == [
        (True,)
    ]
    assert query(built, "select distinct as_of_date::varchar from marts.customer_360") == [(DAY,)]
    assert (published_version(workspace), order_count(workspace)) == (version, orders)
    assert digest(workspace.warehouse) == before
    assert not (record.folder(workspace.runs) / "scratch").exists()


def test_a_day_before_anything_had_been_received_is_an_error(
    cli: RunCli, workspace: Workspace
) -> None:
    version = published_version(workspace)
    outcome = cli("run", "-w", workspace.root, "--as-of", "2020-01-01")
    assert outcome.exit_code != 0
    words = " ".join(outcome.err.split())
    assert "2020-01-01" in words
    assert "Traceback" not in words
    assert published_version(workspace) == version


@pytest.mark.parametrize(
    "arguments", [("--publish",), ("--as-of", "yesterday"), ("--as-of", "2026-02-30")]
)
def test_wrong_use_ends_with_code_2(
    cli: RunCli, workspace: Workspace, arguments: tuple[str, ...]
) -> None:
    assert cli("run", "-w", workspace.root, *arguments).exit_code == 2
