"""A bad row: found, mended, replayed; and the warehouse made anew from the archive."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import pytest

from orchestration.runs.lock import workspace_lock
from orchestration.workspace import Workspace
from tests.conftest import RunCli, last_run, query
from tests.orchestration.conftest import deliver_orders, figures, published_file

GOOD = [f"replay_{n},,web,2026-06-30 10:{n:02}:00,created,EUR,{n}.50" for n in range(1, 21)]
BAD = [*GOOD[:7], GOOD[7].replace("8.50", "8;50"), *GOOD[8:]]
KEYS = "select * from identity.customer_keys order by all"
DELIVERIES = (
    "select delivery_id, rows_delivered, rows_loaded, rows_quarantined from quality.deliveries"
    " where status in ('loaded', 'quarantined') order by all"
)


@pytest.fixture
def good_from_the_start(cli: RunCli, sample_workspace: Workspace, tmp_path: Path) -> Workspace:
    """The sample company where the delivery was good from the start, run."""
    root = tmp_path / "good"
    shutil.copytree(sample_workspace.root, root, symlinks=True)
    place = Workspace(root)
    deliver_orders(place, *GOOD)
    assert cli("run", "-w", root).exit_code == 0
    return place


def test_a_mended_row_and_a_rebuild_give_the_marts_of_a_delivery_good_from_the_start(
    cli: RunCli, workspace: Workspace, good_from_the_start: Workspace
) -> None:
    root = workspace.root
    delivery = deliver_orders(workspace, *BAD)
    assert cli("run", "-w", root).exit_code == 0
    held = json.loads(cli("quarantine", "list", "shop/orders", "-w", root, "--json").out)
    [found] = [item for item in held if delivery.name in item["file_name"]]
    assert (found["rows_delivered"], found["rows_quarantined"]) == (20, 1)
    assert found["reasons"] == {"gross_amount: not a decimal(18,4)": 1}
    delivery_id = found["delivery_id"]
    listed = cli("quarantine", "list", "shop/orders", "-w", root)
    assert "gross_amount" in listed.out
    shown = cli("quarantine", "show", delivery_id, "-w", root)
    assert "8;50" in shown.out
    assert "row 8: gross_amount" in shown.out
    path = _mended(cli, workspace, delivery_id)
    replayed = json.loads(cli("replay", "--file", path, "-w", root, "--json").out)
    assert (replayed["rows_loaded"], replayed["rows_quarantined"]) == (1, 0)
    assert "Nothing was loaded" in cli("replay", "--file", path, "-w", root).out
    assert cli("run", "-w", root).exit_code == 0
    assert last_run(workspace).status == "published"
    assert _differing(workspace, good_from_the_start) == set()
    _rebuild_without_landing(cli, workspace, good_from_the_start)


def _mended(cli: RunCli, workspace: Workspace, delivery_id: str) -> Path:
    assert cli("quarantine", "export", delivery_id, "-w", workspace.root).exit_code == 0
    path = workspace.quarantine / "shop_orders.csv"
    assert path.stat().st_mode & 0o077 == 0
    with path.open(newline="") as file:
        [row] = csv.DictReader(file)
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(row))
        writer.writeheader()
        writer.writerow(row | {"gross_amount": row["gross_amount"].replace(";", ".")})
    return path


def _rebuild_without_landing(cli: RunCli, workspace: Workspace, good: Workspace) -> None:
    keys, deliveries = query(workspace.warehouse, KEYS), query(workspace.warehouse, DELIVERIES)
    for path in workspace.landing.iterdir():
        shutil.rmtree(path)
    outcome = cli("rebuild", "-w", workspace.root)
    assert outcome.exit_code == 0, outcome.err
    assert _differing(workspace, good) == set()
    assert query(workspace.warehouse, KEYS) == keys
    assert query(workspace.warehouse, DELIVERIES) == deliveries
    assert [path.name for path in workspace.warehouse.parent.iterdir()] == ["warehouse.duckdb"]
    assert last_run(workspace).fingerprint is None  # the next run looks into landing/ again


def _differing(workspace: Workspace, other: Workspace) -> set[str]:
    found, expected = figures(published_file(workspace)), figures(published_file(other))
    assert set(found) == set(expected)
    return {name for name in expected if expected[name] != found[name]}


def test_a_rebuild_that_fails_leaves_the_working_file(cli: RunCli, workspace: Workspace) -> None:
    before = workspace.warehouse.read_bytes()
    sha256 = query(workspace.warehouse, "select min(sha256) from quality.delivery_files")[0][0]
    (workspace.archive / str(sha256)).unlink()
    outcome = cli("rebuild", "-w", workspace.root)
    assert outcome.exit_code == 1
    assert "The archive has lost or damaged" in " ".join(outcome.err.split())
    assert workspace.warehouse.read_bytes() == before
    assert [path.name for path in workspace.warehouse.parent.iterdir()] == ["warehouse.duckdb"]


@pytest.mark.parametrize(
    "command",
    [
        ("quarantine", "list"),
        ("quarantine", "show", "shop/orders"),
        ("quarantine", "export", "shop/orders"),
        ("replay",),
    ],
)
def test_a_run_at_work_is_named(
    cli: RunCli, sample_workspace: Workspace, command: tuple[str, ...]
) -> None:
    with workspace_lock(sample_workspace.lock_file, "run r_1"):
        outcome = cli(*command, "-w", sample_workspace.root)
    assert outcome.exit_code == 3
    assert "in use by run r_1" in " ".join(outcome.err.split())


@pytest.mark.parametrize(
    ("command", "told"),
    [
        (("quarantine", "show", "no/such"), "no contract no/such"),
        (("quarantine", "export", "shop/orders", "--out", "x.xls"), "must end in"),
        (("replay", "--file", "nowhere.csv"), "There is no file"),
    ],
)
def test_wrong_use_is_told(
    cli: RunCli, sample_workspace: Workspace, command: tuple[str, ...], told: str
) -> None:
    outcome = cli(*command, "-w", sample_workspace.root)
    assert outcome.exit_code == 2
    assert told in " ".join(outcome.err.split())


@pytest.mark.parametrize("command", ["list", "show", "export"])
def test_the_help_of_each_has_examples(cli: RunCli, command: str) -> None:
    assert cli("quarantine", command, "--help").out.count(f"rapport quarantine {command}") > 1


@pytest.mark.parametrize("command", [("quarantine", "list"), ("replay",), ("rebuild",)])
def test_before_the_first_run_there_is_nothing(
    cli: RunCli, tmp_path: Path, command: tuple[str, ...]
) -> None:
    cli("init", "-w", tmp_path)
    outcome = cli(*command, "-w", tmp_path)
    assert outcome.exit_code == 2
    assert "run `rapport run` first" in " ".join(outcome.err.split())
