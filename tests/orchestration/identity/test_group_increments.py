"""Groups of runs that read only what is new are those of one reading of everything."""

from __future__ import annotations

import datetime as dt
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration.config import IdentitySettings
from orchestration.identity import Override
from tests.orchestration.identity.people import (
    ACCOUNTS,
    CARDS,
    CONTRACTS,
    REGISTERS,
    USED,
    People,
    Rows,
    account,
    check_crosswalks,
)

DECISIONS = (
    Override("never_link", "account_id:A1", "account_id:A2"),
    Override("always_link", "account_id:A2", "account_id:A5"),
)
FIRST_DAY = dt.date(2020, 1, 1)


def company() -> People:
    """Few may live together, so that homes become institutions and cease to be."""
    return People(
        settings=IdentitySettings(household_limit=3),
        contracts=[CONTRACTS[slug] for slug in (*USED, *REGISTERS)],
    )


class Records:
    """Random records of few persons, homes and groups; no two are of one day."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._days = random.sample(range(1500), 500)

    def delivery(self) -> tuple[str, Rows]:
        slug = self._random.choice([ACCOUNTS, ACCOUNTS, CARDS, *REGISTERS])
        return slug, [self._row(slug) for _ in range(self._random.randint(1, 3))]

    def _row(self, slug: str) -> dict[str, Any]:
        any_of = self._random.choice
        day = FIRST_DAY + dt.timedelta(days=self._days.pop())
        account_id = f"A{any_of(range(1, 8))}"
        if slug == CARDS:
            email = any_of(["a@x.org", "b@x.org", None])
            return {"loyalty_id": f"L{any_of('123')}", "customer_id": account_id, "email": email}
        row = {"customer_id": account_id, "updated_at": day}
        if slug == ACCOUNTS:
            return row | self._home() | {"household_id": any_of([None, None, "H1", "H2"])}
        row |= {"valid_from": day, "valid_to": any_of([None, day + dt.timedelta(days=400)])}
        if slug == REGISTERS[0]:
            return row | {"household_id": any_of(["H1", "H2", "H3"])}
        if slug == REGISTERS[1]:
            vat_id = any_of([None, "V1", "V2", "V3"])
            return row | {"company_id": any_of(["K1", "K2", "K3", "K4"]), "vat_id": vat_id}
        return row | {"account_number": any_of(["4711", "4712"]), "role": any_of(["first", None])}

    def _home(self) -> dict[str, Any]:
        any_of = self._random.choice
        return {
            "first_name": any_of(["Ana", "Rui", "Eva", "Max"]),
            "last_name": any_of(["Kern", "Kern", "Lang"]),
            "street": any_of(["Ring 1", "Ring 1", "Gasse 9", None]),
            "postcode": "1010",
            "email": any_of(["a@x.org", "b@x.org", None, None]),
            "is_email_verified": any_of([True, False]),
        }


def found(people: People) -> tuple[list[Any], list[Any], set[frozenset[str]]]:
    """Members with their days, homes of named households, and the keys of each group."""
    clusters = people.rows(
        "select list(identity_key) from identity.group_keys group by customer_id"
    )
    return (
        people.rows("from identity.group_members order by all"),
        people.rows("from identity.attached_homes order by all"),
        {frozenset(keys) for (keys,) in clusters},
    )


@settings(max_examples=3, deadline=None)
@given(st.randoms(use_true_random=False))
def test_groups_of_many_runs_are_those_of_one_run_over_all_in_any_order(random: Random) -> None:
    _increments_are_one_reading(random)


@pytest.mark.nightly
@settings(max_examples=100, deadline=None)
@given(st.randoms(use_true_random=False))
def test_groups_of_many_runs_are_those_of_one_run_in_a_hundred_companies(random: Random) -> None:
    _increments_are_one_reading(random)


def _increments_are_one_reading(random: Random) -> None:
    """Persons merge and split meanwhile, by records and decisions; a delivery comes and goes."""
    records = Records(random)
    deliveries = [records.delivery() for _ in range(random.randint(3, 8))]
    daily, whole = company(), company()
    for slug, rows in deliveries:
        daily.deliver(slug, *rows)
        daily.run(*random.sample(DECISIONS, random.randint(0, 2)))
    slug, rows = records.delivery()
    taken_back = daily.deliver(slug, *rows)
    daily.run()
    daily.withdraw(taken_back)
    for slug, rows in random.sample(deliveries, len(deliveries)):
        whole.deliver(slug, *random.sample(rows, len(rows)))
    decided = random.sample(DECISIONS, random.randint(0, 2))
    daily.run(*decided)
    whole.run(*decided)
    assert found(daily) == found(whole)
    check_crosswalks(daily)


def day_by_day(*days: tuple[str, Rows]) -> tuple[People, People]:
    """A company that ran after each delivery, and one that ran once."""
    daily, whole = company(), company()
    for slug, rows in days:
        daily.deliver(slug, *rows)
        daily.run()
        whole.deliver(slug, *rows)
    whole.run()
    return daily, whole


def test_who_moves_in_with_a_household_that_stays_as_it_was_joins_it() -> None:
    at_home = {"last_name": "Kern", "street": "Ring 1", "postcode": "1010"}
    daily, whole = day_by_day(
        (ACCOUNTS, [account(number, first_name=number, **at_home) for number in ("A1", "A2")]),
        (REGISTERS[0], [{"household_id": "H1", "customer_id": "A1", "valid_from": "2020-01-01"}]),
        (ACCOUNTS, [account("A3", first_name="A3", **at_home)]),
    )
    assert found(daily) == found(whole)
    assert [len(keys) for keys in found(daily)[2]] == [2]
    assert len(found(daily)[0]) == 3


def test_an_account_that_turns_out_to_be_of_a_named_household_lives_nowhere_else() -> None:
    at_home = {"last_name": "Kern", "street": "Ring 1", "postcode": "1010"}
    daily, whole = day_by_day(
        (ACCOUNTS, [account(number, first_name=number, **at_home) for number in ("A1", "A2")]),
        (ACCOUNTS, [account("A5", household_id="H1", loyalty_id="L1")]),
        (CARDS, [{"loyalty_id": "L1", "customer_id": "A1"}]),
    )
    assert found(daily) == found(whole)
    assert [row[:2] for row in found(daily)[0]] == [
        ("account_id:A2", found(daily)[1][0][0]),
        ("account_id:A5", "household_id:H1"),
    ]


def contact(company_id: str, account_id: str, **values: Any) -> dict[str, Any]:
    known = {"company_id": company_id, "customer_id": account_id, "updated_at": "2024-01-01"}
    return known | {"valid_from": "2020-01-01"} | values


def test_a_tax_number_that_was_mended_leaves_no_company_behind() -> None:
    daily, whole = day_by_day(
        (ACCOUNTS, [account("A1")]),
        (REGISTERS[1], [contact("K1", "A1", vat_id="V1")]),
        (REGISTERS[1], [contact("K1", "A1", vat_id="V2", updated_at="2024-02-01")]),
    )
    assert found(daily) == found(whole)
    assert found(daily)[2] == {frozenset({"company_id:K1", "vat_id:V2"})}
