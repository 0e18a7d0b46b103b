"""Events against their tracking plan: every finding by hand, from files to the gate."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest

from orchestration.errors import ConfigurationError
from orchestration.gates.event_counts import MOST_UNPLANNED
from orchestration.gates.event_plan import event_plan_checks
from orchestration.gates.results import CheckResult
from orchestration.loading.withdraw import withdraw
from tests.orchestration.loading.company import Company, company_of, thing_document

COLUMNS: dict[str, dict[str, Any]] = {
    "event_id": {"physicalType": "varchar", "required": True, "primaryKey": True},
    "kind": {
        "physicalType": "varchar",
        "required": True,
        "enum": [{"value": "view"}, {"value": "buy"}],
    },
    "seen_at": {"physicalType": "timestamp", "required": True},
    "item": {"physicalType": "varchar"},
    "price": {"physicalType": "double"},
    "app": {"physicalType": "varchar"},
}
PLAN = {
    "eventType": "kind",
    "release": "app",
    "events": {
        "view": {"must": ["item"]},
        "buy": {"must": ["item", "price"], "may": ["coupon"]},
    },
    "types": {"coupon": "integer"},
}
FIRST, SECOND = dt.datetime(2026, 2, 1, 5), dt.datetime(2026, 2, 2, 5)
Finding = tuple[Any, ...]


def company(
    root: Path, plan: dict[str, Any] = PLAN, server: str = "jsonl", **properties: Any
) -> Company:
    document = thing_document(
        columns=COLUMNS, server={"format": server}, eventPlan=plan, **properties
    )
    return company_of(root, document)


def event(number: int, kind: str | None = "view", day: str = "2026-01-02", **more: Any) -> str:
    row = {"event_id": f"e{number}", "kind": kind, "seen_at": f"{day} 10:00:00", "app": "1.0"}
    return json.dumps(row | more) + "\n"


def judge(company: Company, run_id: str = "run_1") -> list[CheckResult]:
    with company.connected() as connection:
        return event_plan_checks(connection, company.contracts, "Europe/Vienna", run_id)


def findings(company: Company) -> list[Finding]:
    """(type, day, release, finding, property, events, events of the type)."""
    return company.rows(
        "select event_type, business_date::varchar, release, finding, property, event_count,"
        " events_of_type from quality.event_plan order by all"
    )


def test_each_kind_of_finding_is_counted_by_type_day_and_release(tmp_path: Path) -> None:
    events = [
        event(1, item="i1"),
        event(2, item="i2"),
        event(3),  # a view without item
        event(4, item="i1", price=2),  # a view may not carry a price
        event(5, item="i1", app="2.0", colour="red"),  # nobody planned a colour
        event(6, "buy", item="i1", price=2, coupon=7),
        event(7, "buy", item="i1", price=2, coupon="seven"),  # no integer
        event(8, "buy", item="i1", price="two", day="2026-01-03"),  # quarantined
        event(9, "wave", item="i1"),  # quarantined, of a type that is not agreed
        event(10, None, item="i1"),  # quarantined, of no type
        event(11, "view", item="i1", colour=""),  # an empty value is none
    ]
    firm = company(tmp_path)
    firm.drop("shop/things/events_20260105.jsonl", "".join(events))
    firm.load()
    [result] = judge(firm)
    day = "2026-01-02"
    assert findings(firm) == [
        ("(none)", day, "1.0", "missing", "kind", 1, 1),
        ("buy", day, "1.0", "mistyped", "coupon", 1, 2),
        ("buy", "2026-01-03", "1.0", "mistyped", "price", 1, 1),
        ("view", day, "1.0", "extra", "price", 1, 5),
        ("view", day, "1.0", "missing", "item", 1, 5),
        ("view", day, "2.0", "unplanned", "colour", 1, 1),
        ("wave", day, "1.0", "unplanned", "kind", 1, 1),
    ]
    assert (result.subject, result.is_passed, result.is_blocking) == (
        "raw.shop_things",
        False,
        False,
    )
    assert result.observed == "7 findings in 11 new events"
    assert result.message == (
        "events are not as planned: view with price, which is not planned for it (1); view without"
        " item (1); events without kind (1); 4 more in quality.event_plan"
    )


def test_events_as_planned_pass_and_leave_no_finding(tmp_path: Path) -> None:
    firm = company(tmp_path)
    firm.drop(
        "shop/things/events_20260105.jsonl",
        event(1, item="i") + event(2, "buy", item="i", price=1, coupon=2),
    )
    firm.load()
    [result] = judge(firm)
    assert (result.is_passed, result.observed) == (True, "0 findings in 2 new events")
    assert findings(firm) == []
    # a key that the plan knows is no drift, so nothing warns of it
    assert firm.reasons() == ""


def test_a_day_is_that_of_the_reporting_zone_and_of_receipt_where_the_time_is_none(
    tmp_path: Path,
) -> None:
    plan = PLAN | {"types": {}, "events": {"view": {"must": ["item"]}, "buy": {}}}
    firm = company(tmp_path, plan, server="csv")
    header = "event_id,kind,seen_at,item\n"
    late = "e1,view,2026-01-02 23:30:00,\n"  # 00:30 in Vienna
    future = "e2,view,2096-01-02 10:00:00,\n"
    firm.drop("shop/things/events_20260105.csv", header + late + future)
    firm.load()
    judge(firm)
    assert findings(firm) == [
        ("view", "2026-01-03", "(none)", "missing", "item", 1, 1),
        ("view", "2026-01-05", "(none)", "missing", "item", 1, 1),
    ]


def test_only_new_events_are_told_and_nothing_is_counted_again(tmp_path: Path) -> None:
    firm = company(tmp_path)
    firm.drop("shop/things/events_20260105.jsonl", event(1))
    firm.load("run_1", FIRST)
    assert [item.observed for item in judge(firm)] == ["1 findings in 1 new events"]
    assert judge(firm, "run_2") == []
    firm.drop("shop/things/events_20260106.jsonl", event(2, item="i") + event(3, item="j"))
    firm.load("run_3", SECOND)
    [result] = judge(firm, "run_3")
    assert (result.is_passed, result.observed) == (True, "0 findings in 2 new events")
    assert findings(firm) == [("view", "2026-01-02", "1.0", "missing", "item", 1, 3)]
    counted = firm.rows("select run_id from quality.settled where kind = 'event plan'")
    assert counted == [("run_3",)]


def test_a_blocking_plan_blocks_until_the_delivery_is_out_and_not_for_what_was_accepted(
    tmp_path: Path,
) -> None:
    firm = company(tmp_path)
    firm.drop("shop/things/events_20260105.jsonl", event(1))
    firm.load("run_1", FIRST)
    judge(firm)
    strict = company(tmp_path, onPlanBreach="block")
    assert [(item.is_passed, item.is_blocking) for item in judge(strict)] == [(True, True)]
    strict.drop("shop/things/events_20260106.jsonl", event(2))
    strict.load("run_2", SECOND)
    for run_id in ("run_2", "run_3"):
        [result] = judge(strict, run_id)
        assert (result.is_passed, result.is_blocking) == (False, True)
        assert result.message == "events are not as planned: view without item (1)"
    with strict.connected() as connection:
        withdraw(connection, strict.workspace, strict.contracts[0], ["run_2"], result.message)
    assert all(item.is_passed for item in judge(strict, "run_4"))
    assert findings(strict) == [("view", "2026-01-02", "1.0", "missing", "item", 1, 1)]


def test_an_ignored_plan_is_counted_and_told_to_nobody(tmp_path: Path) -> None:
    firm = company(tmp_path, onPlanBreach="ignore")
    firm.drop("shop/things/events_20260105.jsonl", event(1))
    firm.load()
    assert judge(firm) == []
    assert len(findings(firm)) == 1


def test_findings_go_when_the_plan_does(tmp_path: Path) -> None:
    firm = company(tmp_path)
    firm.drop("shop/things/events_20260105.jsonl", event(1))
    firm.load()
    judge(firm)
    without = company_of(tmp_path, thing_document(columns=COLUMNS, server={"format": "jsonl"}))
    assert judge(without) == []
    assert findings(without) == []


def test_names_from_outside_are_short_and_harmless_and_a_flood_counts_as_one(
    tmp_path: Path,
) -> None:
    firm = company(tmp_path, maxBadShare=1)
    names = [f"type {number:03}" for number in range(MOST_UNPLANNED + 5)]
    hostile = "\x1b[31m'; drop table raw.shop_things; --\u202e" + "x" * 500
    rows = [event(n, name) for n, name in enumerate(names)]
    rows += [event(900 + n, hostile) for n in range(2)]
    rows += [event(950, "view", item="i", **{'a"b\x1b[2J': 1})]
    firm.drop("shop/things/events_20260105.jsonl", "".join(rows))
    firm.load()
    [result] = judge(firm)
    found = findings(firm)
    types = {row[0]: row[5] for row in found if row[3:5] == ("unplanned", "kind")}
    assert len(types) == MOST_UNPLANNED + 1
    assert types["(others)"] == 6  # the hostile one is the most common of 106
    assert [row[4] for row in found if row[4] != "kind"] == ['a"b?[2J']
    assert all(len(name) <= 100 for name in types)
    assert not {"\x1b", "\u202e"} & set("".join(types) + result.message)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"eventType": "sort"}, "`eventType` of `eventPlan` is `sort`, which is no column"),
        ({"release": "version"}, "`release` of `eventPlan` is `version`"),
        ({"events": {}}, "`eventPlan` names no `events`"),
        ({"events": {"view": {}}}, "`eventPlan` and the `enum` of `kind` differ in buy"),
        ({"events": {"view": {"must": ["pric"]}, "buy": {}}}, "`view` of `eventPlan` names pric"),
        ({"events": {"view": {"should": []}, "buy": {}}}, "the unknown key should"),
        ({"events": ["view", "buy"]}, "must be a mapping"),
        ({"types": {"coupon": "number"}}, "gives `coupon` the type `number`"),
        ({"types": {"item": "varchar"}}, "of no column"),
        ({"relase": "app"}, "the unknown key relase"),
    ],
)
def test_a_fault_in_a_plan_is_told(tmp_path: Path, change: dict[str, Any], told: str) -> None:
    with pytest.raises(ConfigurationError) as error:
        company(tmp_path, PLAN | change)
    assert "shop/things.yml" in str(error.value)
    assert told in str(error.value)
