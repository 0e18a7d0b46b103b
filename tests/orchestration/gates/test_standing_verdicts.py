"""A verdict on a raw table stands until its rows or its rules change, unless it blocked."""

from __future__ import annotations

from orchestration.gates.results import CheckResult
from orchestration.gates.suites import Suite
from orchestration.gates.verdicts import RawSuites, keep_verdicts, raw_suites
from orchestration.loading.withdraw import withdraw
from orchestration.sql import connect
from tests.orchestration.loading.company import Company
from tests.orchestration.loading.conftest import CompanyMaker

LINE = "t1,1,a,2026-01-02\n"


def suites(company: Company) -> RawSuites:
    place = company.workspace
    with connect(place.warehouse, place.settings.resources, place.temporary) as connection:
        return raw_suites(connection, company.contracts)


def judge(company: Company, is_passed: bool = True, is_blocking: bool = True) -> None:
    """Keep a verdict on everything that is due."""
    due, place = suites(company).due, company.workspace

    def verdict(suite: Suite) -> CheckResult:
        return CheckResult(suite.gate, "check", suite.subject, is_passed, is_blocking, "3 rows")

    with connect(place.warehouse, place.settings.resources, place.temporary) as connection:
        keep_verdicts(connection, due, [verdict(suite) for suite, _ in due], "run_1")


def test_a_table_without_rows_needs_no_verdict(company: Company) -> None:
    company.load()
    assert suites(company) == RawSuites([], [])


def test_a_verdict_stands_until_something_new_is_loaded(company: Company) -> None:
    company.drop_things(LINE)
    company.load()
    judge(company)
    [standing] = suites(company).standing
    assert suites(company).due == []
    assert (standing.is_passed, standing.observed) == (True, "3 rows, as of run run_1")
    company.drop_things("t2,1,a,2026-01-02\n", "things_20260106.csv")
    company.load()
    assert len(suites(company).due) == 1
    assert suites(company).standing == []


def test_a_warning_stands_and_is_shown_again(company: Company) -> None:
    company.drop_things(LINE)
    company.load()
    judge(company, is_passed=False, is_blocking=False)
    [standing] = suites(company).standing
    assert not standing.is_passed


def test_a_verdict_that_blocked_is_always_sought_again(company: Company) -> None:
    company.drop_things(LINE)
    company.load()
    judge(company, is_passed=False)
    assert len(suites(company).due) == 1


def test_what_is_withdrawn_brings_back_the_verdict_from_before(company: Company) -> None:
    company.drop_things(LINE)
    company.load()
    judge(company)
    company.drop_things("t1,2,b,2026-01-02\n", "things_20260106.csv")
    company.load()
    place = company.workspace
    with connect(place.warehouse, place.settings.resources, place.temporary) as connection:
        connection.execute(
            "update quality.deliveries set run_id = 'run_2' where rows_loaded = 1"
            " and file_name like '%0106%'"
        )
        assert withdraw(connection, place, company.contracts[0], ["run_2"], "a breach") == 1
    assert suites(company).due == []


def test_a_changed_rule_asks_for_a_new_verdict(
    company: Company, make_company: CompanyMaker
) -> None:
    company.drop_things(LINE)
    company.load()
    judge(company)
    assert len(suites(make_company(mode="upsert")).due) == 1
