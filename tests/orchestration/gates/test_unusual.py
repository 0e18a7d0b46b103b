"""What a contract chooses at the raw gate: size, lateness, freshness, changed rows."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest

from orchestration.gates.great import validate
from orchestration.gates.results import CheckResult, reasons_to_withdraw
from orchestration.gates.sources import freshness_checks, source_states
from orchestration.gates.suites import raw_suite
from orchestration.gates.unusual import late_checks, volume_checks
from tests.orchestration.loading.company import Company
from tests.orchestration.loading.conftest import CompanyMaker

BAND = [{"type": "library", "metric": "rowCount", "mustBeBetween": [2, 3]}]


def rows(count: int, day: int, first: int = 0) -> str:
    return "".join(f"d{day}n{first + n},1,a,2026-01-{day:02}\n" for n in range(count))


def deliver(company: Company, sizes: dict[int, int], run_id: str = "run_1") -> None:
    """By day of January, how many rows were received on it."""
    for day, count in sizes.items():
        company.drop_things(rows(count, day), f"things_202601{day:02}.csv")
    company.load(run_id)


def volumes(company: Company, run_id: str) -> list[CheckResult]:
    with company.connected() as connection:
        return volume_checks(connection, company.contracts, [run_id])


@pytest.mark.parametrize(("severity", "is_blocking"), [("warning", False), ("error", True)])
def test_a_delivery_outside_the_agreed_size_warns_or_blocks(
    make_company: CompanyMaker, severity: str, is_blocking: bool
) -> None:
    company = make_company(quality=[BAND[0] | {"severity": severity}])
    deliver(company, {5: 1, 6: 2, 7: 3, 8: 4})
    found = volumes(company, "run_1")
    assert [(item.observed, item.is_blocking) for item in found] == [
        ("1 rows", is_blocking),
        ("4 rows", is_blocking),
    ]
    assert volumes(company, "run_2") == []


def test_a_delivery_far_from_those_before_it_is_told(make_company: CompanyMaker) -> None:
    company = make_company(volumeChange=0.5, volumeDeliveries=4)
    deliver(company, {1: 90, 2: 4, 3: 6, 4: 8, 5: 10})
    assert (
        [item.message for item in volumes(company, "run_1")]
        == [
            # before the 4th lie 4, 6 and 90: their median is 6, and 8 is within half of it;
            # before the 5th lie 4, 6, 8 and 90: their median is 7, and 10 is within half of it
        ]
    )
    deliver(company, {6: 12, 7: 3}, "run_2")
    [first, second] = volumes(company, "run_2")
    # before the 6th lie 4, 6, 8 and 10: the median is 7, and 12 is more than half above
    assert first.message == (
        "shop/things/things_20260106.csv has 12 rows, the 4 deliveries before it 7 in the median"
    )
    # before the 7th lie 6, 8, 10 and 12: the median is 9, and 3 is more than half below
    assert second.expected == "within 50% of 9 rows"
    assert not second.is_blocking


def test_the_first_deliveries_have_nothing_to_compare_with(make_company: CompanyMaker) -> None:
    company = make_company(volumeChange=0.1, onVolumeChange="block")
    deliver(company, {1: 1, 2: 50, 3: 100})
    assert volumes(company, "run_1") == []
    deliver(company, {4: 100}, "run_2")
    [found] = volumes(company, "run_2")
    assert (found.is_blocking, found.expected) == (True, "within 10% of 50 rows")


def test_a_delivery_that_comes_late_is_compared_with_those_received_before_it(
    make_company: CompanyMaker,
) -> None:
    company = make_company(volumeChange=0.5)
    deliver(company, {2: 2, 3: 2, 4: 2, 6: 20})
    assert len(volumes(company, "run_1")) == 1
    deliver(company, {5: 2}, "run_2")
    assert volumes(company, "run_2") == []


def test_late_rows_of_the_run_are_counted(make_company: CompanyMaker) -> None:
    company = make_company(lateAfter=3)
    company.drop_things("t1,1,a,2026-01-01\nt2,1,a,2026-01-02\n", "things_20260105.csv")
    company.load("run_1")
    company.drop_things("t3,1,a,2026-01-05\n", "things_20260106.csv")
    company.load("run_2")
    with company.connected() as connection:
        [first] = late_checks(connection, company.contracts, ["run_1"])
        [second] = late_checks(connection, company.contracts, ["run_2"])
        assert late_checks(connection, company.contracts, ["run_3"]) == []
    assert (first.is_passed, first.is_blocking) == (False, False)
    assert first.message == (
        "1 of 2 new rows are late: seen_at is more than 3 days before their receipt"
    )
    assert (second.is_passed, second.observed) == (True, "0 of 1 rows")


def test_a_contract_without_the_policy_counts_no_late_rows(company: Company) -> None:
    company.drop_things("t1,1,a,2020-01-01\n")
    company.load()
    with company.connected() as connection:
        assert late_checks(connection, company.contracts, ["run_1"]) == []


@pytest.mark.parametrize(
    ("policies", "is_passed", "is_blocking", "told"),
    [
        ({}, True, False, "fresh"),
        ({"freshBy": "event"}, False, False, "the last event is 4 days old, 2 are allowed"),
        ({"freshBy": "event", "onStale": "block"}, False, True, "the last event is 4 days old"),
    ],
)
def test_a_source_is_fresh_by_its_receipt_or_by_its_events(
    make_company: CompanyMaker, policies: dict[str, Any], is_passed: bool, is_blocking: bool,
    told: str,
) -> None:  # fmt: skip
    company = make_company(latency=2, **policies)
    company.drop_things("t1,1,a,2026-01-01 08:00:00\n", "things_20260105.csv")
    company.load()
    with company.connected() as connection:
        states = source_states(connection, company.contracts, dt.date(2026, 1, 5))
    [found] = freshness_checks(states)
    assert (found.is_passed, found.is_blocking) == (is_passed, is_blocking)
    assert told in found.observed


def test_a_stale_source_blocks_where_its_contract_says_so(make_company: CompanyMaker) -> None:
    company = make_company(latency=2, onStale="block")
    company.drop_things("t1,1,a,2026-01-05\n", "things_20260105.csv")
    company.load()
    with company.connected() as connection:
        verdicts = [
            freshness_checks(source_states(connection, company.contracts, dt.date(2026, 1, day)))
            for day in (7, 8)
        ]
    assert [(item.is_passed, item.is_blocking) for [item] in verdicts] == [
        (True, True),
        (False, True),
    ]
    [stale] = verdicts[1]
    assert stale.message == "is stale: the last delivery is 3 days old, 2 are allowed"
    # what it did deliver stays; a breach of its rules takes out what brought it
    breach = replace(stale, check_name="event_plan", message="a breach")
    assert reasons_to_withdraw([stale]) == {}
    assert reasons_to_withdraw([stale, breach]) == {"raw.shop_things": "a breach"}


@pytest.mark.parametrize(("policy", "is_blocking"), [("block", True), ("warn", False)])
def test_another_row_under_a_known_key_blocks_or_warns(
    make_company: CompanyMaker, policy: str, is_blocking: bool
) -> None:
    company = make_company(onChangedRow=policy)
    company.drop_things("t1,1,a,2026-01-02\n", "things_20260105.csv")
    company.drop_things("t1,2,a,2026-01-02\n", "things_20260106.csv")
    company.load()
    place = company.workspace
    suites = [raw_suite(contract) for contract in company.contracts]
    found = validate(place.warehouse, suites, place.settings.resources, place.temporary)
    [broken] = [item for item in found if not item.is_passed]
    assert (broken.check_name, broken.is_blocking) == (
        "unexpected_rows_expectation_one_row_per_key",
        is_blocking,
    )
