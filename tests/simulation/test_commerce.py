"""Accounts, purchases and subscriptions of the simulator hang together, and nothing is foreseen."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from simulation.company_life import live
from simulation.settings import BLOCK_DAYS, CompanySettings
from tests.simulation.conftest import CONTRACTS, Recorder

MODULES = (
    "simulation.channels.assortment",
    "simulation.channels.customers",
    "simulation.channels.marketing",
    "simulation.purchases",
    "simulation.channels.commerce",
    "simulation.channels.subscriptions",
)
OWN = ("billing", "crm", "holdings", "loyalty", "marketplace", "pos", "shop", "subscriptions")
# What is promised or agreed for later.
PROMISES = {"estimated_delivery_at", "due_date", "current_period_end_date"}
KEYS = {slug: list(contract.key) for slug, contract in CONTRACTS.items()}


class Company:
    """Three quarters of 400 customers: `rows` of an extract, `truth`, the last `block`."""

    def __init__(self) -> None:
        settings = CompanySettings(customers=400, seed=5)
        recorder = Recorder()
        for block in live(settings, recorder, 3 * BLOCK_DAYS, MODULES):
            self.block = block
        self.extracts = {slug: _joined(parts) for slug, parts in recorder.parts.items()}
        self.truths = {name: _joined(parts) for name, parts in recorder.truth.items()}

    def rows(self, slug: str) -> pd.DataFrame:
        return self.extracts[slug]

    def latest(self, slug: str) -> pd.DataFrame:
        """The last version of each key."""
        rows = self.extracts[slug].sort_values("updated_at", kind="stable")
        return rows.drop_duplicates(KEYS[slug], keep="last")


def _joined(parts: list[pd.DataFrame]) -> pd.DataFrame:
    return pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)


@pytest.fixture(scope="module")
def company() -> Company:
    return Company()


def own_extracts(company: Company) -> list[str]:
    return [slug for slug in company.extracts if slug.split("/")[0] in OWN]


def test_every_extract_of_accounts_purchases_and_subscriptions_has_rows(company):
    expected = {slug for slug in CONTRACTS if slug.split("/")[0] in OWN}
    assert set(own_extracts(company)) == expected
    assert all(len(company.rows(slug)) > 0 for slug in expected)


def test_no_row_is_exported_before_what_it_tells(company):
    midnight = company.block.settings.midnight
    for slug in own_extracts(company):
        rows = company.rows(slug)
        exported = midnight + (rows["day"].to_numpy() + 1).astype("timedelta64[D]")
        for column in CONTRACTS[slug].columns:
            if column.type in ("timestamp", "date") and column.name not in PROMISES:
                told = pd.to_datetime(rows[column.name]).to_numpy()
                foreseen = rows[~np.isnat(told) & (told >= exported)]
                assert foreseen.empty, f"{slug}.{column.name}: {foreseen.head()}"


def test_a_key_is_exported_once_or_in_versions_that_can_be_told_apart(company):
    for slug in own_extracts(company):
        contract = CONTRACTS[slug]
        versions = [contract.updated_at] if contract.updated_at else []
        rows = company.rows(slug)
        assert not rows.duplicated(KEYS[slug] + versions).any(), slug
        assert rows[KEYS[slug]].notna().all(axis=None), slug


@pytest.mark.parametrize(
    ("orders", "lines"),
    [("shop/orders", "shop/order_lines"), ("marketplace/orders", "marketplace/order_lines")],
)
def test_the_lines_of_an_order_add_up_to_its_header(company, orders, lines):
    names = ["gross_amount", "discount_amount", "tax_amount"]
    sold = company.rows(lines)
    sold = sold[sold["quantity"] > 0].groupby("order_id")[names].sum()
    header = company.latest(orders).set_index("order_id")[names]
    assert len(header) == len(sold)
    assert (sold.reindex(header.index) == header).all(axis=None)


def test_what_comes_back_was_sold_in_the_same_order(company):
    lines = company.rows("shop/order_lines")
    sold = lines[lines["quantity"] > 0].groupby("order_id")["gross_amount"].sum()
    back = lines[lines["quantity"] < 0].groupby("order_id")["gross_amount"].sum()
    assert len(back) > 0
    assert (sold.reindex(back.index) + back >= 0).all()
    slips = company.latest("shop/returns").dropna(subset="order_id")
    keys = pd.MultiIndex.from_frame(slips[["order_id", "line_number", "product_id"]])
    assert keys.isin(
        pd.MultiIndex.from_frame(lines[["order_id", "line_number", "product_id"]])
    ).all()


def test_delivered_orders_are_paid_and_canceled_ones_are_not(company):
    payments = company.rows("shop/payments")
    paid = payments[payments["payment_amount"] > 0].groupby("order_id")["payment_amount"].sum()
    orders = company.latest("shop/orders").set_index("order_id")
    delivered = orders[orders["status"] == "delivered"]
    due = delivered["gross_amount"] - delivered["discount_amount"] + delivered["shipping_amount"]
    assert (paid.reindex(delivered.index) == due).all()
    canceled = orders[orders["status"].isin(["canceled", "unavailable"])]
    assert len(canceled) > 0
    assert not canceled.index.isin(paid.index).any()


def test_orders_use_accounts_and_cards_that_exist_by_then(company):
    opened = company.rows("crm/customers").groupby("customer_id")["created_at"].first()
    orders = company.latest("shop/orders").dropna(subset="customer_id")
    assert (opened.reindex(orders["customer_id"]).to_numpy() <= orders["ordered_at"]).all()
    joined = company.rows("loyalty/members").groupby("loyalty_id")["joined_at"].first()
    receipts = company.rows("pos/receipts").dropna(subset="loyalty_id")
    assert (joined.reindex(receipts["loyalty_id"]).to_numpy() <= receipts["sold_at"]).all()


@pytest.mark.parametrize(
    ("slug", "key"),
    [
        ("crm/customers", "customer_id"),
        ("crm/contacts", "contact_id"),
        ("loyalty/members", "loyalty_id"),
        ("shop/orders", "order_id"),
        ("shop/returns", "return_id"),
        ("pos/receipts", "receipt_id"),
        ("marketplace/orders", "order_id"),
        ("billing/invoices", "invoice_id"),
        ("subscriptions/subscriptions", "subscription_id"),
    ],
)
def test_the_truth_knows_one_person_for_every_record(company, slug, key):
    records = company.truths["records"]
    known = records[records["source"] == slug]
    assert known["record_key"].is_unique
    assert set(company.rows(slug)[key]) <= set(known["record_key"])


def test_people_are_as_hard_to_recognise_as_in_life(company):
    records = company.truths["records"]
    accounts = records[records["source"] == "crm/customers"].groupby("person").size()
    assert (accounts > 1).any()
    members = company.latest("loyalty/members")
    assert members["customer_id"].isna().any()
    assert members["customer_id"].notna().any()
    shared = members["phone"].dropna().str.replace(" ", "").str[-7:].value_counts()
    assert shared.iloc[0] >= 5
    orders = company.latest("shop/orders")
    assert orders["customer_id"].isna().any()
    assert orders["email"].notna().all()


def test_no_card_spends_points_that_it_did_not_earn(company):
    points = company.rows("loyalty/points")
    spent = points[points["entry_type"].isin(["burned", "expired"])]
    earned = points[points["entry_type"] == "earned"].groupby("loyalty_id")["points"].sum()
    balance = spent.groupby("loyalty_id")["points"].sum()
    assert (earned.reindex(balance.index).fillna(0) + balance >= 0).all()
    assert not points.dropna(subset="order_id")["receipt_id"].notna().any()


def test_nobody_is_billed_for_a_subscription_that_is_over(company):
    subscriptions = company.latest("subscriptions/subscriptions").set_index("subscription_id")
    ended = subscriptions["ended_at"].dropna()
    assert len(ended) > 0
    runs = company.rows("billing/invoices").dropna(subset=["subscription_id", "bill_run_id"])
    end = ended.reindex(runs["subscription_id"]).to_numpy()
    assert not (runs["issued_at"].to_numpy() >= end).any()
    assert subscriptions.loc[ended.index, "canceled_at"].notna().all()


def test_only_what_was_granted_is_withdrawn(company):
    entries = company.rows("crm/consents").sort_values("recorded_at", kind="stable")
    of_purpose = entries.groupby(["customer_id", "purpose"])
    before = of_purpose["status"].shift()
    assert set(before[entries["status"] == "withdrawn"]) <= {"granted", "withdrawn"}
    assert set(of_purpose["status"].first()) <= {"granted", "denied"}
