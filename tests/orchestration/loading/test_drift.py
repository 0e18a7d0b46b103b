"""Extracts whose columns are no longer those of the contract; and the clocks of their times."""

from __future__ import annotations

import json

import pytest

from tests.orchestration.loading.company import Company
from tests.orchestration.loading.conftest import CompanyMaker


def test_columns_are_matched_by_name_in_any_order(company: Company) -> None:
    company.drop("shop/things/1.csv", "seen_at,note,thing_id,amount\n2026-01-02,a,t1,1\n")
    company.load()
    assert company.things() == [("t1", "1.0000", "a", "2026-01-02 00:00:00")]


def test_an_added_column_is_kept_beside_the_row_and_warned_of(company: Company) -> None:
    company.drop("shop/things/1.csv", "thing_id,colour,seen_at\nt1,red,2026-01-02\n")
    report = company.load()
    [(extra,)] = company.rows("select _extra from raw.shop_things")
    assert json.loads(extra) == {"colour": "red"}
    assert "colour" in company.reasons()
    assert any("colour" in message for message in report.messages)


def test_an_added_json_key_is_kept_too(make_company: CompanyMaker) -> None:
    company = make_company(server={"format": "jsonl"})
    rows = [
        {"thing_id": "t1", "seen_at": "2026-01-02", "colour": "red"},
        {"thing_id": "t2", "seen_at": "2026-01-02", "size": {"cm": 3}},
    ]
    company.drop("shop/things/1.jsonl", "\n".join(map(json.dumps, rows)))
    company.load()
    found = dict(company.rows("select thing_id, _extra from raw.shop_things"))
    assert json.loads(found["t1"])["colour"] == "red"
    assert "3" in str(json.loads(found["t2"])["size"])


def test_a_dropped_optional_column_is_loaded_as_null_and_warned_of(company: Company) -> None:
    company.drop("shop/things/1.csv", "thing_id,note,seen_at\nt1,a,2026-01-02\n")
    company.load()
    assert company.things() == [("t1", None, "a", "2026-01-02 00:00:00")]
    assert "missing, loaded as null: amount" in company.reasons()


def test_a_renamed_required_column_refuses_the_delivery_and_names_both(company: Company) -> None:
    company.drop("shop/things/1.csv", "thing_no,amount,note,seen_at\nt1,1,a,2026-01-02\n")
    company.load()
    assert company.deliveries() == [("quarantined", "missing_column", 1, 0, 1)]
    assert "thing_id is missing" in company.reasons()
    assert "thing_no" in company.reasons()


@pytest.mark.parametrize("header", ["thing_id,amount,amount,seen_at", "thing_id,,note,seen_at"])
def test_a_header_that_names_a_column_twice_or_not_is_refused(
    company: Company, header: str
) -> None:
    company.drop("shop/things/1.csv", f"{header}\nt1,1,1,2026-01-02\n")
    company.load()
    assert [row[:2] for row in company.deliveries()] == [("quarantined", "header")]


@pytest.mark.parametrize(
    "name", ['a"b', "a'b", "select", "x; drop table raw.shop_things", "{y}", "$z", "_line", "ü"]
)
def test_a_hostile_column_name_is_only_a_name(company: Company, name: str) -> None:
    quoted = '"' + name.replace('"', '""') + '"'
    company.drop("shop/things/1.csv", f"thing_id,seen_at,{quoted}\nt1,2026-01-02,v\n")
    company.load()
    [(extra,)] = company.rows("select _extra from raw.shop_things")
    assert json.loads(extra) == {name: "v"}


@pytest.mark.parametrize("name", ["_row_number", "_reason", "_extra", "_raw_note", "_cast_note"])
def test_a_column_named_like_one_of_the_loaders_own_loses_nothing(
    company: Company, name: str
) -> None:
    company.drop("shop/things/1.csv", f"thing_id,note,seen_at,{name}\nt1,a,2026-01-02,v\n")
    company.load()
    [(status, _, delivered, loaded, quarantined)] = company.deliveries()
    assert (delivered, loaded + quarantined) == (1, 1)
    if status == "loaded":
        assert company.things() == [("t1", None, "a", "2026-01-02 00:00:00")]


@pytest.mark.parametrize("name", ['a"b', "x'y", "a.b", "_line", "$q"])
def test_a_hostile_json_key_is_only_a_name(make_company: CompanyMaker, name: str) -> None:
    company = make_company(server={"format": "jsonl"})
    row = {"thing_id": "t1", "seen_at": "2026-01-02", name: "v"}
    company.drop("shop/things/1.jsonl", json.dumps(row))
    company.load()
    assert company.things() == [("t1", None, None, "2026-01-02 00:00:00")]
    [(extra,)] = company.rows("select _extra from raw.shop_things")
    assert json.loads(extra) == {name: "v"}


def test_sql_in_values_is_only_text(company: Company) -> None:
    value = "'); drop table raw.shop_things; --"
    company.drop_things(f"t1,1,{value},2026-01-02\nt2,{value},b,2026-01-02\n")
    company.load()
    assert [row[2] for row in company.things()] == [value]
    assert json.loads(company.quarantined()[0][2])["amount"] == value


@pytest.mark.parametrize(
    ("given", "utc"),
    [
        ("2026-01-02 12:00:00", "2026-01-02 11:00:00"),
        ("2025-07-02 12:00:00", "2025-07-02 10:00:00"),
        # the clocks went back at 03:00: 02:30 happened twice, the first is meant
        ("2025-10-26 02:30:00", "2025-10-26 00:30:00"),
        ("2025-10-26 03:00:00", "2025-10-26 02:00:00"),
        ("2025-10-26T02:30:00Z", "2025-10-26 02:30:00"),
        ("2025-10-26 02:30:00+01:00", "2025-10-26 01:30:00"),
        ("2025-10-26 02:30:00+0200", "2025-10-26 00:30:00"),
        ("2025-07-02", "2025-07-01 22:00:00"),
    ],
)
def test_times_without_an_offset_are_those_of_the_contracts_zone(
    make_company: CompanyMaker, given: str, utc: str
) -> None:
    company = make_company(timeZone="Europe/Berlin")
    company.drop_things(f"t1,1,a,{given}\n")
    company.load()
    assert [row[3] for row in company.things()] == [utc]


def test_a_column_that_the_contract_has_gained_is_added_to_the_table(
    company: Company, make_company: CompanyMaker
) -> None:
    company.drop_things("t1,1,a,2026-01-02\n")
    company.load()
    columns = {
        "thing_id": {"physicalType": "varchar", "required": True},
        "amount": {"physicalType": "decimal(18,4)"},
        "note": {"physicalType": "varchar"},
        "seen_at": {"physicalType": "timestamp"},
        "colour": {"physicalType": "varchar"},
    }
    later = make_company(columns=columns)
    later.drop("shop/things/2.csv", "thing_id,seen_at,colour\nt2,2026-01-02,red\n")
    later.load()
    assert later.rows("select thing_id, colour from raw.shop_things order by all") == [
        ("t1", None),
        ("t2", "red"),
    ]
