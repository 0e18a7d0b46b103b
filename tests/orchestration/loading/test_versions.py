"""Whatever order deliveries come in, staging picks the same version of every row."""

from __future__ import annotations

import datetime as dt
from itertools import permutations
from pathlib import Path

import pytest

from orchestration.contracts import load_contracts
from orchestration.increments.touched import note_changes
from orchestration.workspace import CODE_ROOT, Workspace
from tests.conftest import query
from tests.orchestration.loading.company import Company

HEADER = "order_id,sales_method,ordered_at,status,gross_amount,updated_at\n"
DELIVERIES = {
    "orders_20260102.csv": "o1,web,2026-01-01,created,10,2026-01-01 10:00:00\n"
    "o2,web,2026-01-01,created,20,\n",
    # a correction of o1; o2 without a time of change: then the later delivery wins
    "orders_20260103.csv": "o1,web,2026-01-01,delivered,11,2026-01-02 12:00:00\n"
    "o2,web,2026-01-01,delivered,22,\n",
    # late news: what o1 was before its correction
    "orders_20260104.csv": "o1,web,2026-01-01,shipped,10,2026-01-02 09:00:00\n"
    "o3,web,2026-01-03,created,30,2026-01-03 10:00:00\n",
}
EXPECTED = [
    ("o1", "delivered", "11.0000"),
    ("o2", "delivered", "22.0000"),
    ("o3", "created", "30.0000"),
]


EVENT_HEADER = "event_id,kiosk_id,store_id,event_at,event_type,product_id\n"
EVENTS = {
    "events_20260102.csv": "e1,K1,S1,2026-01-01 10:00:00,order,P1\n"
    "e2,K1,S1,2026-01-01 11:00:00,help,\n",
    # another row under a known key, which an append contract may bear: the last received wins
    "events_20260103.csv": "e1,K1,S1,2026-01-01 10:00:00,order,P2\n",
    # the very same row of e2 again
    "events_20260104.csv": "e2,K1,S1,2026-01-01 11:00:00,help,\n"
    "e3,K1,S1,2026-01-03 10:00:00,order,P3\n",
}


def load(company: Company) -> None:
    """Load what was dropped and mark what it supersedes, as a run does."""
    company.load()
    with company.connected() as connection:
        note_changes(connection, company.contracts, "UTC", dt.date(2026, 1, 31))


def query_of_view(workspace: Workspace, view: str) -> str:
    """The query with which dbt made a staging view."""
    sql = "select sql from duckdb_views() where view_name = ?"
    [(statement,)] = query(workspace.warehouse, sql, view)
    return str(statement).rstrip(";").split(" AS ", 1)[1]


@pytest.mark.parametrize("order", list(permutations(DELIVERIES)))
def test_deliveries_in_any_order_give_the_same_versions(
    tmp_path: Path, sample_workspace: Workspace, order: tuple[str, ...]
) -> None:
    company = Company(tmp_path / "workspace", list(load_contracts(CODE_ROOT / "data_contracts")))
    for name in order:
        company.drop(f"shop/orders/{name}", HEADER + DELIVERIES[name])
        load(company)
    view = query_of_view(sample_workspace, "stg_shop__orders")
    assert (
        company.rows(
            f"select shop_order_id, status, gross_amount::varchar from ({view}) order by 1"
        )
        == EXPECTED
    )
    assert company.rows("select count(*) from raw.shop_orders") == [(6,)]


TOMBSTONE = "order_id,updated_at,_deleted\n"


def test_a_key_is_gone_after_its_tombstone_and_back_with_a_newer_version(
    tmp_path: Path, sample_workspace: Workspace
) -> None:
    company = Company(tmp_path / "workspace", list(load_contracts(CODE_ROOT / "data_contracts")))
    view = query_of_view(sample_workspace, "stg_shop__orders")
    orders = f"select shop_order_id, gross_amount::varchar from ({view}) order by 1"
    company.drop("shop/orders/orders_20260102.csv", HEADER + DELIVERIES["orders_20260102.csv"])
    gone = TOMBSTONE + "o1,2026-01-03 10:00:00,true\no9,2026-01-03 10:00:00,true\n"
    company.drop("shop/orders/gone_20260103.csv", gone)
    load(company)
    assert company.rows(orders) == [("o2", "20.0000")]
    late = "o1,web,2026-01-01,shipped,10,2026-01-02 10:00:00\n"  # older than its tombstone
    company.drop("shop/orders/orders_20260104.csv", HEADER + late)
    load(company)
    assert company.rows(orders) == [("o2", "20.0000")]
    again = "o1,web,2026-01-01,created,15,2026-01-05 10:00:00\n"
    company.drop("shop/orders/orders_20260105.csv", HEADER + again)
    load(company)
    assert company.rows(orders) == [("o1", "15.0000"), ("o2", "20.0000")]
    assert company.rows("select count(*) from raw.shop_orders") == [(6,)]


@pytest.mark.parametrize("order", list(permutations(EVENTS)))
def test_events_in_any_order_give_one_row_per_key(
    tmp_path: Path, sample_workspace: Workspace, order: tuple[str, ...]
) -> None:
    company = Company(tmp_path / "workspace", list(load_contracts(CODE_ROOT / "data_contracts")))
    for name in order:
        company.drop(f"kiosk/events/{name}", EVENT_HEADER + EVENTS[name])
        load(company)
    view = query_of_view(sample_workspace, "stg_kiosk__events")
    assert company.rows(f"select event_id, product_id from ({view}) order by 1") == [
        ("e1", "P2"),
        ("e2", None),
        ("e3", "P3"),
    ]
