"""A delivery that was refused is told, whatever else its source brought, until a later run."""

from __future__ import annotations

import datetime as dt

import pytest

from orchestration.gates.conservation import breach_checks
from orchestration.gates.sources import source_states
from orchestration.loading.tables import note_from_archive
from tests.orchestration.loading.company import LOADED_AT, Company
from tests.orchestration.loading.conftest import CompanyMaker

CUT_OFF = "thing_id,amount,note\nt1,1,a\n"
LATER = LOADED_AT + dt.timedelta(days=1)
AS_OF = dt.date(2026, 1, 6)


def refused_and_loaded(company: Company) -> None:
    """A file that is refused, and one that was received after it, in one run."""
    company.drop("shop/things/things_20260105.csv", CUT_OFF)
    company.drop_things("t2,2,b,2026-01-05\n", "things_20260106.csv")
    company.load("run_1")


def open_refusals(company: Company, run_id: str) -> list[bool]:
    """For each refusal that the gate tells of in a run, whether it blocks."""
    with company.connected() as connection:
        found = breach_checks(connection, company.contracts, [run_id])
    return [item.is_blocking for item in found]


@pytest.mark.parametrize(("on_breach", "later"), [("block", [True]), ("quarantine", [])])
def test_a_sound_file_of_the_same_run_does_not_hide_a_refused_one(
    make_company: CompanyMaker, on_breach: str, later: list[bool]
) -> None:
    company = make_company(onBreach=on_breach)
    refused_and_loaded(company)
    assert open_refusals(company, "run_1") == [on_breach == "block"]
    assert open_refusals(company, "run_2") == later  # it blocks until something followed it
    with company.connected() as connection:
        [state] = source_states(connection, company.contracts, AS_OF)
    assert state.stale_reason == "shop/things/things_20260105.csv was refused"
    company.drop_things("t3,3,c,2026-01-07\n", "things_20260107.csv")
    company.load("run_3", LATER)
    assert open_refusals(company, "run_3") == []


def test_a_rebuild_goes_by_times_of_receipt(make_company: CompanyMaker) -> None:
    company = make_company(onBreach="block")
    refused_and_loaded(company)
    with company.connected() as connection:
        note_from_archive(connection, "run_1")
    assert open_refusals(company, "run_1") == []
