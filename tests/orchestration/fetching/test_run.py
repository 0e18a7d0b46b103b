"""From a database to a mart through `rapport run`, and back after a delete."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from orchestration.workspace import Workspace
from tests.conftest import Outcome, RunCli, last_run, query
from tests.orchestration.conftest import ORDER_HEADER, deliver, published_file
from tests.orchestration.fetching.conftest import PLANTED, Postgres

ACCOUNTS = (
    "create table accounts (id text primary key, email text, created_at timestamptz,"
    " updated_at timestamptz default now())"
)
CUSTOMERS = "select count(*) from marts.dim_customers"
STAGED = "select crm_customer_id from staging.stg_crm__customers order by 1"


def configure(workspace: Workspace, slug: str, port: int, **properties: Any) -> None:
    path = workspace.config / f"servers/{slug}.yml"
    path.parent.mkdir(parents=True, exist_ok=True)
    login = {"userEnv": "ERP_USER", "passwordEnv": "ERP_PASSWORD"}
    server = {
        "server": "erp",
        "type": "postgresql",
        "host": "127.0.0.1",
        "port": port,
        "database": "postgres",
        "customProperties": [
            {"property": name, "value": value} for name, value in (properties | login).items()
        ],
    }
    path.write_text(yaml.safe_dump({"servers": [server]}), "utf-8")


def told_secrets(workspace: Workspace, *outcomes: Outcome) -> list[str]:
    """Where the secret can be read: in files, or in what was shown."""
    files = [path for path in workspace.root.rglob("*") if path.is_file()]
    told = [str(path) for path in files if PLANTED.encode() in path.read_bytes()]
    return told + [one.err for one in outcomes if PLANTED in one.out + one.err]


@pytest.mark.timeout(900)
def test_rows_of_a_database_reach_the_marts_and_leave_them(
    tmp_path: Path, postgres: Postgres, cli: RunCli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ERP_USER", "rapport")
    monkeypatch.setenv("ERP_PASSWORD", PLANTED)
    postgres.execute(
        "drop table if exists accounts",
        ACCOUNTS,
        "insert into accounts values ('A1', 'a@example.com', '2026-06-01'),"
        " ('A2', 'b@example.com', '2026-06-01'), ('A3', 'c@example.com', '2026-06-01')",
    )
    workspace = Workspace(tmp_path / "workspace")
    place = ("--workspace", workspace.root)
    assert cli("init", *place).exit_code == 0
    order = "O1,A1,web,2026-06-30 10:00:00,completed,EUR,10\n"
    deliver(workspace, "shop/orders/orders_20260630.csv", ORDER_HEADER + order)
    table = {"table": "accounts", "columns": {"customer_id": "id"}}
    configure(
        workspace, "crm/customers", postgres.port, **table, cursor="updated_at", deletes="keys"
    )

    first = cli("run", *place)
    assert first.exit_code == 0, first.err
    assert "crm/customers/erp" in first.out
    assert query(workspace.warehouse, STAGED) == [("A1",), ("A2",), ("A3",)]
    assert query(published_file(workspace), CUSTOMERS) == [(3,)]
    again = cli("run", *place)
    assert "Nothing has changed" in again.out

    postgres.execute("delete from accounts where id = 'A2'")
    configure(workspace, "shop/orders", postgres.port, table="no_such_table")
    second = cli("run", *place)
    assert second.exit_code == 0, second.err  # goes on without the server that failed
    assert query(workspace.warehouse, STAGED) == [("A1",), ("A3",)]
    assert query(published_file(workspace), CUSTOMERS) == [(2,)]
    gates = [message for gate in last_run(workspace).gates for message in gate.messages]
    expected = "raw.shop_orders: fetching from erp failed: there is no table or view no_such_table"
    assert expected in gates
    told = json.loads(cli("status", *place, "--json").out)
    assert "fetched" in [check["check_name"] for check in told["failed_checks"]]

    monkeypatch.setenv("ERP_PASSWORD", "wrong" + PLANTED)
    failed = cli("fetch", "crm/customers", *place)
    assert failed.exit_code == 1
    assert "1 of 1 servers failed, the first crm/customers/erp: password authen" in failed.err
    assert told_secrets(workspace, first, again, second, failed) == []
