"""The sample company's extracts keep the promises of the data contracts."""

import csv
import gzip
import hashlib
import io
import json
import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import yaml

from examples.sample.generate import generate

CONTRACTS_FOLDER = Path(__file__).parents[2] / "data_contracts"
CONTRACTS = sorted(
    path.relative_to(CONTRACTS_FOLDER).with_suffix("").as_posix()
    for path in CONTRACTS_FOLDER.glob("*/*.yml")
)
DELIVERY_DAYS = {"20250701", "20260101", "20260701"}

Row = dict[str, str | None]


@pytest.fixture(scope="module")
def landing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("landing")
    generate(folder)
    return folder


def files_of(landing: Path, contract: str) -> list[Path]:
    return sorted((landing / contract).iterdir())


def columns_of(contract: str) -> dict[str, dict]:
    document = yaml.safe_load((CONTRACTS_FOLDER / f"{contract}.yml").read_text(encoding="utf-8"))
    return {column["name"]: column for column in document["schema"][0]["properties"]}


def read(path: Path) -> tuple[list[str], list[Row]]:
    """The columns and the rows of a file, values as text, empty ones as None."""
    if path.suffix == ".parquet":
        table = pq.read_table(path)
        rows = [{name: _text(value) for name, value in row.items()} for row in table.to_pylist()]
        return table.column_names, rows
    content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    text = content.decode("utf-8")
    if ".jsonl" in path.name:
        rows = [json.loads(line) for line in text.splitlines()]
        return list(rows[0]), rows
    reader = csv.DictReader(io.StringIO(text, newline=""))
    rows = [{name: value or None for name, value in row.items()} for row in reader]
    return list(reader.fieldnames or []), rows


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def rows_of(landing: Path, contract: str) -> list[Row]:
    return [row for path in files_of(landing, contract) for row in read(path)[1]]


def values_of(landing: Path, contract: str, column: str) -> set[str]:
    return {row[column] for row in rows_of(landing, contract) if row[column] is not None}


def test_it_writes_the_same_bytes_each_time(landing: Path, tmp_path: Path) -> None:
    generate(tmp_path)

    def digests(folder: Path) -> dict[str, str]:
        files = (path for path in folder.rglob("*") if path.is_file())
        return {
            path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in files
        }

    assert digests(tmp_path) == digests(landing)


def test_it_writes_nothing_but_contracts_and_stays_small(landing: Path) -> None:
    folders = {path.parent.relative_to(landing).as_posix() for path in landing.rglob("*.*")}
    assert folders == set(CONTRACTS)
    assert sum(path.stat().st_size for path in landing.rglob("*.*")) < 3_000_000


@pytest.mark.parametrize("contract", CONTRACTS)
def test_every_delivery_has_the_columns_of_its_contract(landing: Path, contract: str) -> None:
    for path in files_of(landing, contract):
        assert read(path)[0] == list(columns_of(contract))


@pytest.mark.parametrize("contract", CONTRACTS)
def test_every_row_keeps_its_contract(landing: Path, contract: str) -> None:
    columns = columns_of(contract)
    for row in rows_of(landing, contract):
        for name, column in columns.items():
            value = row[name]
            if value is None:
                assert not column.get("required"), (name, row)
            else:
                assert is_valid(str(value), column), (name, value)


def is_valid(value: str, column: dict) -> bool:
    casts = {"timestamp": datetime.fromisoformat, "date": date.fromisoformat}
    casts |= {"bigint": int, "integer": int, "double": float}
    kind = column["physicalType"]
    typed = casts.get(kind, Decimal if kind.startswith("decimal") else str)(value)
    options = column.get("logicalTypeOptions", {})
    choices = [entry["value"] for entry in column.get("enum", [])]
    return (
        (kind != "boolean" or value in {"true", "false"})
        and (not choices or value in choices)
        and ("minimum" not in options or float(typed) >= options["minimum"])
        and ("maximum" not in options or float(typed) <= options["maximum"])
        and ("pattern" not in options or re.search(options["pattern"], value) is not None)
    )


@pytest.mark.parametrize("contract", CONTRACTS)
def test_no_delivery_says_a_key_twice(landing: Path, contract: str) -> None:
    key = [name for name, column in columns_of(contract).items() if column.get("primaryKey")]
    for path in files_of(landing, contract):
        keys = [tuple(row[column] for column in key) for row in read(path)[1]]
        assert len(keys) == len(set(keys))


@pytest.mark.parametrize(
    ("contract", "column"),
    [
        ("shop/orders", "ordered_at"),
        ("shop/orders", "updated_at"),
        ("pos/receipts", "sold_at"),
        ("survey/responses", "answered_at"),
        ("crm/customers", "updated_at"),
        ("marketing/campaign_messages", "clicked_at"),
    ],
)
def test_no_delivery_knows_the_future(landing: Path, contract: str, column: str) -> None:
    for path in files_of(landing, contract):
        day = re.search(r"\d{8}", path.name)
        assert day
        assert day[0] in DELIVERY_DAYS
        delivered_at = datetime.strptime(day[0], "%Y%m%d").replace(tzinfo=UTC)
        for row in read(path)[1]:
            if row[column] is not None:
                assert datetime.fromisoformat(row[column]).replace(tzinfo=UTC) < delivered_at


def test_it_ends_on_the_last_day_of_june(landing: Path) -> None:
    latest = max(values_of(landing, "shop/orders", "ordered_at"))
    assert latest.startswith("2026-06-30")


@pytest.mark.parametrize(
    ("contract", "column", "parent"),
    [
        ("shop/orders", "customer_id", "crm/customers"),
        ("shop/order_lines", "order_id", "shop/orders"),
        ("shop/order_lines", "product_id", "catalog/products"),
        ("shop/payments", "order_id", "shop/orders"),
        ("pos/receipts", "store_id", "locations/stores"),
        ("pos/receipt_lines", "receipt_id", "pos/receipts"),
        ("pos/receipt_lines", "product_id", "catalog/products"),
        ("crm/customers", "postcode", "locations/postcodes"),
        ("survey/responses", "customer_id", "crm/customers"),
        ("marketing/campaign_messages", "customer_id", "crm/customers"),
        ("marketing/campaign_messages", "campaign_id", "marketing/campaigns"),
        ("marketing/offer_redemptions", "order_id", "shop/orders"),
    ],
)
def test_every_reference_finds_its_parent(
    landing: Path, contract: str, column: str, parent: str
) -> None:
    children = values_of(landing, contract, column)
    assert children
    assert children <= values_of(landing, parent, column)


def test_later_deliveries_correct_earlier_orders_and_customers(landing: Path) -> None:
    for contract, key in (("shop/orders", "order_id"), ("crm/customers", "customer_id")):
        ids = [row[key] for row in rows_of(landing, contract)]
        assert len(ids) - len(set(ids)) >= 20, contract


def test_every_foreign_order_has_a_rate_of_the_last_seven_days(landing: Path) -> None:
    rates = {
        (row["currency"], date.fromisoformat(row["rate_date"] or ""))
        for row in rows_of(landing, "finance/exchange_rates")
    }
    foreign = [row for row in rows_of(landing, "shop/orders") if row["currency"] != "EUR"]
    assert {row["currency"] for row in foreign} == {"USD", "GBP"}
    for row in foreign:
        day = datetime.fromisoformat(row["ordered_at"] or "").date()
        assert any((row["currency"], day - timedelta(days=back)) in rates for back in range(7))


def test_the_header_of_an_order_is_the_sum_of_what_was_ordered(landing: Path) -> None:
    sums: dict[str | None, Decimal] = {}
    for line in rows_of(landing, "shop/order_lines"):
        if Decimal(line["quantity"] or 0) > 0:
            gross = sums.get(line["order_id"], Decimal(0)) + Decimal(line["gross_amount"] or 0)
            sums[line["order_id"]] = gross
    orders = {row["order_id"]: row for row in rows_of(landing, "shop/orders")}
    assert all(
        sums[order_id] == Decimal(orders[order_id]["gross_amount"] or 0) for order_id in sums
    )
    without_lines = [row for key, row in orders.items() if key not in sums]
    assert without_lines
    assert {row["sales_method"] for row in without_lines} == {"phone"}


def test_it_holds_the_cases_that_a_warehouse_must_bear(landing: Path) -> None:
    receipts = rows_of(landing, "pos/receipts")
    account_cards = values_of(landing, "crm/customers", "loyalty_id")
    comments = " ".join(values_of(landing, "survey/responses", "comment"))
    assert any(row["loyalty_id"] is None for row in receipts)
    assert values_of(landing, "pos/receipts", "loyalty_id") - account_cards
    assert any(Decimal(row["quantity"] or 0) < 0 for row in rows_of(landing, "shop/order_lines"))
    assert any(Decimal(row["quantity"] or 0) < 0 for row in rows_of(landing, "pos/receipt_lines"))
    assert "canceled" in values_of(landing, "shop/orders", "status")
    assert all(mark in comments for mark in ("\n", ",", '"'))
    assert all(values_of(landing, "marketing/campaign_messages", name) for name in ("opened_at",))


def test_purchases_differ_enough_between_customers_for_models(landing: Path) -> None:
    days: dict[str, set[str]] = {}
    for row in rows_of(landing, "shop/orders"):
        days.setdefault(row["customer_id"] or "", set()).add((row["ordered_at"] or "")[:10])
    counts = sorted(len(dates) for dates in days.values())
    accounts = values_of(landing, "crm/customers", "customer_id")
    assert len(accounts - set(days)) >= 30
    assert sum(count == 1 for count in counts) > 0.15 * len(counts)
    assert sum(count >= 2 for count in counts) > 0.4 * len(counts)
    assert counts[-1] >= 15


def test_its_persons_are_obviously_fake(landing: Path) -> None:
    emails = values_of(landing, "crm/customers", "email")
    phones = values_of(landing, "crm/customers", "phone")
    assert emails
    assert all(email.endswith("@example.com") for email in emails)
    fictional = re.compile(r"\+49 30 23125\d{3}|\+44 20 7946 0\d{3}|\+1 20\d 555 01\d{2}")
    assert phones
    assert all(fictional.fullmatch(phone) for phone in phones)
