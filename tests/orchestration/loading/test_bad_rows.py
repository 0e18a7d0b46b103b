"""Rows that break their contract are set aside with the reason; no row is lost."""

from __future__ import annotations

import json

import pytest

from tests.orchestration.loading.company import THING_COLUMNS, Company
from tests.orchestration.loading.conftest import CompanyMaker

GOOD = "t1,1,a,2026-01-02 10:00:00\nt3,3,c,2026-01-02 10:00:00\n"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("t2,abc,b,2026-01-02", "amount: not a decimal(18,4)"),
        ("t2,-0.01,b,2026-01-02", "amount: below 0"),
        ("t2,1,b,2026-02-30", "seen_at: not a timestamp"),
        ("t2,1,b,yesterday", "seen_at: not a timestamp"),
        ("t2,1,b,", "seen_at: required but empty"),
        (" ,1,b,2026-01-02", "thing_id: required but empty"),
        (",x,b,", "thing_id: required but empty; amount: not a decimal(18,4)"),
        ("t2,1,b,2026-01-06 00:00:01", "seen_at: later than its receipt"),
        ("t2,99999999999999999999,b,2026-01-02", "amount: not a decimal(18,4)"),
    ],
)
def test_a_bad_row_is_set_aside_with_its_reason_and_text(
    company: Company, line: str, reason: str
) -> None:
    company.drop_things(f"{GOOD}{line}\n")
    company.load()
    [(number, found, text)] = company.quarantined()
    assert (number, found.startswith(reason)) == (3, True), found
    assert [value or "" for value in json.loads(text).values()] == line.split(",")
    assert [row[0] for row in company.things()] == ["t1", "t3"]
    assert company.deliveries() == [("loaded", None, 3, 2, 1)]


@pytest.mark.parametrize(
    "line",
    ["t2,1,b", "t2,1,b,2026-01-02,more", 't2,1,"b"x,2026-01-02', "t2"],
    ids=["too few values", "too many values", "text after a quote", "one value"],
)
def test_a_line_that_is_no_record_is_set_aside_as_text(company: Company, line: str) -> None:
    company.drop_things(f"{GOOD}{line}\n{'t4,4,d,2026-01-02'}\n")
    company.load()
    [(_, reason, text)] = company.quarantined()
    assert reason.startswith("unreadable line: ")
    assert text.startswith("t2")
    assert [row[0] for row in company.things()] == ["t1", "t3", "t4"]
    assert company.deliveries() == [("loaded", None, 4, 3, 1)]


def test_the_first_second_after_a_day_is_the_last_that_an_event_may_be_late(
    company: Company,
) -> None:
    company.drop_things("t1,1,a,2026-01-06 00:00:00\n")
    company.load()
    assert len(company.things()) == 1


def test_agreed_values_and_forms_are_checked(make_company: CompanyMaker) -> None:
    columns = THING_COLUMNS | {
        "note": {"physicalType": "varchar", "enum": [{"value": "big"}, {"value": "it's"}]},
        "thing_id": {
            "physicalType": "varchar",
            "required": True,
            "logicalTypeOptions": {"pattern": "^t[0-9]+$"},
        },
    }
    company = make_company(columns=columns)
    company.drop_things(
        "t1,1,big,2026-01-02\nt2,1,it's,2026-01-02\nt3,1,,2026-01-02\n"
        "t4,1,small,2026-01-02\nx5,1,big,2026-01-02\n"
    )
    company.load()
    assert [row[0] for row in company.things()] == ["t1", "t2", "t3"]
    assert [row[1] for row in company.quarantined()] == [
        "note: not among the agreed values",
        "thing_id: not in the agreed form",
    ]


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        ("bigint", ["1", "-7", "+3", " 4 "], ["1.5", "1e3", "0x1F", "9223372036854775808"]),
        ("integer", ["2147483647"], ["2147483648", "1_000"]),
        ("double", ["1.5", "-2e3"], ["nan", "inf", "1,5", "1e999"]),
        ("boolean", ["true", "false"], ["maybe", "2"]),
        ("date", ["2026-01-31"], ["2026-13-01", "31.01.2026"]),
    ],
)
def test_each_type_takes_its_values_and_no_others(
    make_company: CompanyMaker, kind: str, good: list[str], bad: list[str]
) -> None:
    columns = THING_COLUMNS | {"note": {"physicalType": kind}}
    company = make_company(columns=columns, maxBadShare=1)
    values = [*good, *bad]
    lines = [f't{number},1,"{value}",2026-01-02\n' for number, value in enumerate(values)]
    company.drop_things("".join(lines))
    company.load()
    assert {row[0] for row in company.things()} == {f"t{n}" for n in range(len(good))}
    assert company.deliveries() == [("loaded", None, len(values), len(good), len(bad))]


@pytest.mark.parametrize(("bad", "status"), [(1, "loaded"), (2, "quarantined")])
def test_a_source_stops_when_more_rows_are_bad_than_its_contract_allows(
    make_company: CompanyMaker, bad: int, status: str
) -> None:
    company = make_company(maxBadShare=0.05)
    lines = [f"t{n},{'x' if n < bad else n},a,2026-01-02\n" for n in range(20)]
    company.drop_things("".join(lines))
    company.load()
    expected = {"loaded": ("loaded", None, 20, 19, 1)}.get(
        status, ("quarantined", "bad_share", 20, 0, 20)
    )
    assert company.deliveries() == [expected]
    assert len(company.things()) == expected[3]
    refused = list(company.workspace.quarantine.rglob("*.csv"))
    assert len(refused) == (status == "quarantined")


def test_every_valid_row_is_loaded_however_often_it_repeats(company: Company) -> None:
    company.drop_things("t1,1,a,2026-01-02\n" * 3)
    company.load()
    assert len(company.things()) == 3


def test_a_json_line_that_is_no_object_is_set_aside_with_its_text(
    make_company: CompanyMaker,
) -> None:
    company = make_company(server={"format": "jsonl"})
    good = json.dumps({"thing_id": "t1", "amount": 1.25, "seen_at": "2026-01-02"})
    broken = ['{"thing_id": "t2"', '["t3"]', '"t4"', "null"]
    company.drop("shop/things/20260105.jsonl", "\n".join([good, good, good, good, *broken]))
    company.load()
    assert {row[1] for row in company.things()} == {"1.2500"}
    assert sorted(row[2] for row in company.quarantined()) == sorted(broken)
    assert company.deliveries() == [("loaded", None, 8, 4, 4)]


def test_personal_values_get_their_normal_form_beside_them(make_company: CompanyMaker) -> None:
    kinds = ("email", "phone", "postcode", "name")
    columns = {
        "thing_id": {"physicalType": "varchar", "required": True, "primaryKey": True},
        "seen_at": {"physicalType": "timestamp", "required": True},
    } | {
        kind: {
            "physicalType": "varchar",
            "customProperties": [{"property": "piiType", "value": kind}],
        }
        for kind in kinds
    }
    company = make_company(columns=columns)
    company.configure(country="DE")
    company.drop(
        "shop/things/20260105.csv",
        "thing_id,seen_at,email,phone,postcode,name\n"
        "t1,2026-01-02, Anna@Example.COM ,(030) 23125-244,ab-1 2cd,Dr. Zoë Weiß\n"
        "t2,2026-01-02,,call me,,\n",
    )
    company.load()
    assert company.rows(
        "select email_normalised, phone_normalised, postcode_normalised, name_normalised"
        " from raw.shop_things order by thing_id"
    ) == [("anna@example.com", "+493023125244", "AB12CD", "zoe weiß"), (None, None, None, None)]
