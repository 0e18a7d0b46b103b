"""An append contract: the same row again is a repeat, another row under its key a breach."""

from __future__ import annotations

import datetime as dt

import pytest

from orchestration.gates.great import validate
from orchestration.gates.results import CheckResult
from orchestration.gates.sources import update_sources
from orchestration.gates.suites import raw_suite
from orchestration.sql import connect
from tests.orchestration.loading.company import Company
from tests.orchestration.loading.conftest import CompanyMaker

AS_OF = dt.date(2026, 1, 31)
FIRST, SECOND = "t1,1,a,2026-01-02\n", "t2,2,,2026-01-03\n"


def failures(company: Company) -> list[CheckResult]:
    resources = company.workspace.settings.resources
    suites = [raw_suite(contract) for contract in company.contracts]
    found = validate(company.workspace.warehouse, suites, resources, company.workspace.temporary)
    return [item for item in found if not item.is_passed]


def describe(company: Company, run_id: str = "run_1") -> None:
    workspace = company.workspace
    with connect(
        workspace.warehouse, workspace.settings.resources, workspace.temporary
    ) as connection:
        update_sources(connection, company.contracts, AS_OF, run_id)


def test_the_very_same_row_delivered_again_is_a_repeat_and_is_counted(company: Company) -> None:
    company.drop_things(FIRST + SECOND, "things_20260105.csv")
    company.drop_things(SECOND + "t3,3,c,2026-01-04\n", "things_20260106.csv")
    company.load()
    assert failures(company) == []
    describe(company)
    assert company.rows("select rows_loaded, rows_superseded from quality.sources") == [(4, 1)]


@pytest.mark.parametrize("other", ["t1,2,a,2026-01-02\n", "t1,1,,2026-01-02\n"])
def test_another_row_under_a_known_key_breaks_the_contract(company: Company, other: str) -> None:
    company.drop_things(FIRST + SECOND, "things_20260105.csv")
    company.drop_things(other, "things_20260106.csv")
    company.load()
    [broken] = failures(company)
    assert broken.is_blocking
    assert broken.message == "the key (thing_id) comes again with another row (1 rows)"


def test_versions_of_an_upsert_key_are_no_breach_and_are_counted(
    make_company: CompanyMaker,
) -> None:
    company = make_company(mode="upsert")
    company.drop_things(FIRST, "things_20260105.csv")
    company.drop_things("t1,2,a,2026-01-02\n", "things_20260106.csv")
    company.load()
    assert failures(company) == []
    describe(company)
    assert company.rows("select mode, rows_superseded from quality.sources") == [("upsert", 1)]


def test_the_columns_of_a_source_say_how_many_rows_hold_a_value(company: Company) -> None:
    company.load()
    describe(company)
    columns = "select column_name, rows_filled, rows_total from quality.source_columns"
    assert {row[1:] for row in company.rows(columns)} == {(0, 0)}
    company.drop_things(FIRST + SECOND)
    company.load()
    describe(company, "run_2")
    assert company.rows(f"{columns} order by position") == [
        ("thing_id", 2, 2),
        ("amount", 2, 2),
        ("note", 1, 2),
        ("seen_at", 2, 2),
    ]
    describe(company, "run_3")
    settled = company.rows("select run_id from quality.settled where kind = 'profile'")
    assert settled == [("run_2",)]
