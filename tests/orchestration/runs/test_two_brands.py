"""A company of two brands, from its files to what readers see."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestration.workspace import Workspace
from tests.conftest import query, run_command
from tests.orchestration.conftest import ORDER_HEADER, deliver, published_file

SETTINGS = "company: Two Brands\ncurrency: EUR\nas_of: 2026-06-30\n"
ACCOUNTS = """\
customer_id,email,is_email_verified,first_name,last_name,city,created_at,brand_id,updated_at
A1,ana@example.org,true,Ana,Sommer,Bonn,2024-01-01 10:00:00,north,2024-01-01 10:00:00
A2,ana@example.org,true,Ana,Sommer,Bonn,2024-02-01 10:00:00,south,2024-02-01 10:00:00
B1,ben@example.org,true,Ben,Winter,Kiel,2024-03-01 10:00:00,north,2024-03-01 10:00:00
B2,ben@example.org,true,Ben,Winter,Jena,2024-04-01 10:00:00,south,2024-04-01 10:00:00
"""
CONSENT_HEADER = "consent_id,customer_id,purpose,status,recorded_at\n"
CONSENTS = """\
C1,A1,cross_brand,granted,2025-01-01 10:00:00
C2,A2,cross_brand,granted,2025-01-01 10:00:00
C3,B1,cross_brand,granted,2025-01-01 10:00:00
"""
ORDERS = """\
O1,A1,web,2026-06-01 10:00:00,completed,EUR,10
O2,A2,web,2026-06-02 10:00:00,completed,EUR,20
O3,B1,web,2026-06-03 10:00:00,completed,EUR,40
O4,B2,web,2026-06-04 10:00:00,completed,EUR,80
"""
# Ben as a guest, in each of his brands and in one that has no customers of his name
GUEST_ORDERS = """\
order_id,email,brand_id,sales_method,ordered_at,status,currency,gross_amount
G1,ben@example.org,north,web,2026-06-05 10:00:00,completed,EUR,160
G2,ben@example.org,south,web,2026-06-06 10:00:00,completed,EUR,320
G3,ben@example.org,west,web,2026-06-07 10:00:00,completed,EUR,640
"""
REVENUE = "select net_revenue_amount::int from marts.customer_360 order by all"
CUSTOMER_OF = "select customer_id from marts.fct_orders where order_id = ?"
# each touch of an order has the customer of the order
TOUCHES_ELSEWHERE = """
    select interaction_id from marts.fct_interactions as touches
    inner join marts.fct_orders as orders using (order_id)
    where touches.customer_id is distinct from orders.customer_id
"""
CITIES = """
    select city, valid_from::varchar from marts.customer_360_history
    where customer_id = ? and city is not null
    qualify city is distinct from lag(city) over (order by valid_from)
    order by valid_from
"""
ORDERS_OF_BEN = ("shop:O3", "shop:O4", "shop:G1", "shop:G2", "shop:G3")
APART = [("Kiel", "2024-03-01")], [("Jena", "2024-04-01")]


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Ana agreed to be known across both brands, Ben with one of them only."""
    workspace = Workspace(tmp_path_factory.mktemp("brands") / "workspace")
    workspace.create()
    workspace.settings_file.write_text(SETTINGS, "utf-8")
    deliver(workspace, "crm/customers/customers_20260630.csv", ACCOUNTS)
    deliver(workspace, "crm/consents/consents_20260630.csv", CONSENT_HEADER + CONSENTS)
    deliver(workspace, "shop/orders/orders_20260630.csv", ORDER_HEADER + ORDERS)
    deliver(workspace, "shop/orders/guests_20260630.csv", GUEST_ORDERS)
    assert run_command("run", "-w", workspace.root) == 0
    return workspace


def decide(workspace: Workspace, row: str, day: str) -> None:
    """Deliver a decision of Ben, and run."""
    path = f"crm/consents/consents_{day}.csv"
    deliver(workspace, path, f"{CONSENT_HEADER}{row}\n")
    assert run_command("run", "-w", workspace.root, "--accept-change") == 0


def customer_of(file: Path, order: str) -> object:
    return query(file, CUSTOMER_OF, order)[0][0]


def cities_of_ben(file: Path) -> tuple[list[tuple[object, ...]], list[tuple[object, ...]]]:
    """What customer_360_history tells of the customers of his two orders."""
    first, second = (
        query(file, CITIES, customer_of(file, order)) for order in ("shop:O3", "shop:O4")
    )
    return first, second


def test_who_agreed_with_both_brands_is_one_customer_and_who_agreed_with_one_is_two(
    company: Workspace,
) -> None:
    file = published_file(company)
    assert query(file, REVENUE) == [(30,), (200,), (400,)]
    assert customer_of(file, "shop:O1") == customer_of(file, "shop:O2")
    assert cities_of_ben(file) == APART


def test_an_address_leads_to_the_customer_in_the_brand_of_the_order(company: Workspace) -> None:
    file = published_file(company)
    assert customer_of(file, "shop:G1") == customer_of(file, "shop:O3")
    assert customer_of(file, "shop:G2") == customer_of(file, "shop:O4")
    assert customer_of(file, "shop:G3") is None
    assert query(file, TOUCHES_ELSEWHERE) == []


@pytest.mark.nightly
def test_consent_unites_the_histories_of_both_and_its_withdrawal_gives_each_its_own_back(
    company: Workspace,
) -> None:
    before = [customer_of(published_file(company), order) for order in ORDERS_OF_BEN]
    decide(company, "C4,B2,cross_brand,granted,2026-06-29 10:00:00", "20260701")
    file = published_file(company)
    assert query(file, REVENUE) == [(30,), (1240,)]
    assert {customer_of(file, order) for order in ORDERS_OF_BEN} == {before[0]}
    assert query(file, TOUCHES_ELSEWHERE) == []
    one = [("Kiel", "2024-03-01"), ("Jena", "2024-04-01")]
    assert cities_of_ben(file) == (one, one)
    decide(company, "C5,B2,cross_brand,withdrawn,2026-06-30 10:00:00", "20260702")
    file = published_file(company)
    assert query(file, REVENUE) == [(30,), (200,), (400,)]
    assert [customer_of(file, order) for order in ORDERS_OF_BEN] == before
    assert query(file, TOUCHES_ELSEWHERE) == []
    assert cities_of_ben(file) == APART
