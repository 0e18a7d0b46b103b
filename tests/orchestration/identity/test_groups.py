"""Who belongs to which household, company and joint account, since when, under which number."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

from orchestration.identity.archive import export_ledger, replay_ledger
from orchestration.workspace import Workspace
from tests.orchestration.identity.people import (
    ACCOUNTS,
    CONTRACTS,
    REGISTERS,
    USED,
    People,
    account,
    keyed,
)

HOUSEHOLDS, COMPANIES, HOLDERS = REGISTERS
CURRENT = (
    "select keys.customer_id, list(distinct members.member_key order by members.member_key)"
    " from identity.group_members as members"
    " inner join identity.group_keys as keys on members.group_key = keys.identity_key"
    " where valid_to is null group by all order by 2"
)


def company() -> People:
    return People(contracts=[CONTRACTS[slug] for slug in (*USED, *REGISTERS)])


def number_of(key: str) -> str:
    return f"g_{keyed(key)}"


def groups(people: People) -> list[list[str]]:
    """The present members of each group."""
    return [members for _, members in people.rows(CURRENT)]


def living_at(street: str, number: str, name: str = "Kern", **values: Any) -> dict[str, Any]:
    where = {"street": street, "postcode": "1010", "last_name": name, "first_name": number}
    return account(number, updated_at="2026-01-01") | where | values


def member(household: str, number: str, **values: Any) -> dict[str, Any]:
    known = {"household_id": household, "customer_id": number, "updated_at": "2026-01-01"}
    return known | {"valid_from": "2020-01-01"} | values


def test_a_household_that_a_source_names_has_its_members_with_role_and_first_day() -> None:
    people = company()
    people.deliver(ACCOUNTS, account("A1"), account("A2"))
    people.deliver(HOUSEHOLDS, member("H1", "A1", role="head"), member("H1", "A2", role="partner"))
    people.run()
    assert people.rows("from identity.group_members order by all") == [
        (f"account_id:{number}", "household_id:H1", role, dt.date(2020, 1, 1), None, "named", slug)
        for number, role, slug in (("A1", "head", HOUSEHOLDS), ("A2", "partner", HOUSEHOLDS))
    ]
    assert people.rows("select identity_key, customer_id from identity.group_keys") == [
        ("household_id:H1", number_of("household_id:H1"))
    ]
    assert people.events()[-1] == ("create", "household_id:H1", "first_seen")


def test_groups_are_no_customers_and_no_change_of_customers() -> None:
    people = company()
    people.deliver(ACCOUNTS, account("A1"))
    people.deliver(HOUSEHOLDS, member("H1", "A1"))
    people.run()
    assert set(people.customers()) == {"account_id:A1"}


def test_the_register_outweighs_what_the_account_still_says() -> None:
    people = company()
    people.deliver(ACCOUNTS, account("A1", household_id="H1", updated_at="2026-01-01"))
    people.deliver(HOUSEHOLDS, member("H1", "A1", valid_to="2025-12-31"))
    people.run()
    assert people.rows("select valid_from, valid_to from identity.group_members") == [
        (dt.date(2020, 1, 1), dt.date(2025, 12, 31))
    ]


def test_an_account_that_names_another_household_has_left_the_first() -> None:
    people = company()
    people.deliver(ACCOUNTS, account("A1", household_id="H1", updated_at="2026-01-01"))
    people.deliver(ACCOUNTS, account("A1", household_id="H2", updated_at="2026-03-01"))
    people.run()
    spells = "select group_key, valid_from, valid_to from identity.group_members order by all"
    assert people.rows(spells) == [
        ("household_id:H1", dt.date(2026, 1, 1), dt.date(2026, 2, 28)),
        ("household_id:H2", dt.date(2026, 3, 1), None),
    ]


def test_who_shares_address_and_family_name_is_a_household_however_it_is_written() -> None:
    people = company()
    people.deliver(
        ACCOUNTS,
        living_at("Hauptstr. 5", "A1"),
        living_at("HAUPTSTRASSE 5", "A2"),
        living_at("Hauptstraße 5", "A3", name="Lang"),
        living_at("Hauptstr. 6", "A4"),
    )
    people.run()
    assert groups(people) == [["account_id:A1", "account_id:A2"]]
    key = people.rows("select group_key from identity.group_members limit 1")[0][0]
    digits = keyed("hauptstrasse5|1010|kern")
    assert key == f"address:{digits}"


def test_who_has_the_same_given_name_too_is_perhaps_one_person_and_no_household() -> None:
    people = company()
    same = {"first_name": "Ana"}
    people.deliver(ACCOUNTS, living_at("Ring 1", "A1", **same), living_at("Ring 1", "A2", **same))
    people.run()
    assert groups(people) == []


def test_two_accounts_of_one_person_are_no_household() -> None:
    people = company()
    one = {"first_name": "Ana", "email": "ana@example.org"}
    people.deliver(ACCOUNTS, living_at("Ring 1", "A1", **one), living_at("Ring 1", "A2", **one))
    people.run()
    assert groups(people) == []


def test_more_of_one_name_at_one_address_than_a_household_holds_are_an_institution() -> None:
    people = company()
    people.deliver(ACCOUNTS, *(living_at("Heim 1", f"A{number}") for number in range(11)))
    people.run()
    assert groups(people) == []


def test_who_moves_out_leaves_the_household_on_that_day() -> None:
    people = company()
    people.deliver(ACCOUNTS, *(living_at("Ring 1", number) for number in ("A1", "A2", "A3")))
    people.deliver(ACCOUNTS, living_at("Gasse 9", "A3", updated_at="2026-06-01"))
    people.run()
    assert groups(people) == [["account_id:A1", "account_id:A2"]]
    spells = "select member_key, valid_to from identity.group_members where valid_to is not null"
    assert people.rows(spells) == [("account_id:A3", dt.date(2026, 5, 31))]


def test_who_lived_there_one_after_the_other_is_no_household() -> None:
    people = company()
    people.deliver(ACCOUNTS, living_at("Ring 1", "A1"))
    people.deliver(ACCOUNTS, living_at("Gasse 9", "A1", updated_at="2026-02-01"))
    people.deliver(ACCOUNTS, living_at("Ring 1", "A2", updated_at="2026-03-01"))
    people.run()
    assert groups(people) == []


def test_a_relative_joins_the_household_that_a_source_names() -> None:
    people = company()
    people.deliver(ACCOUNTS, *(living_at("Ring 1", number) for number in ("A1", "A2", "A3")))
    people.deliver(HOUSEHOLDS, member("H1", "A1"), member("H1", "A2"))
    people.run()
    assert groups(people) == [["account_id:A1", "account_id:A2", "account_id:A3"]]


def test_who_parted_by_the_register_is_not_found_at_the_old_address_again() -> None:
    people = company()
    people.deliver(ACCOUNTS, *(living_at("Ring 1", number) for number in ("A1", "A2")))
    people.deliver(HOUSEHOLDS, member("H1", "A1"), member("H1", "A2", valid_to="2025-01-01"))
    people.run()
    assert groups(people) == [["account_id:A1"]]


def test_a_household_keeps_its_number_when_a_source_comes_to_name_it_and_stops() -> None:
    people = company()
    people.deliver(ACCOUNTS, *(living_at("Ring 1", number) for number in ("A1", "A2", "A3")))
    people.run()
    found = people.rows(CURRENT)[0][0]
    named = people.deliver(HOUSEHOLDS, member("H1", "A1"), member("H1", "A2"))
    people.run()
    assert people.rows(CURRENT) == [(found, ["account_id:A1", "account_id:A2", "account_id:A3"])]
    people.withdraw(named)
    people.run()
    assert people.rows(CURRENT) == [(found, ["account_id:A1", "account_id:A2", "account_id:A3"])]


def test_two_companies_with_one_tax_number_are_one_and_the_oldest_keeps_its_number() -> None:
    people = company()
    people.deliver(ACCOUNTS, account("A1"), account("A2"))
    people.deliver(
        COMPANIES,
        {"company_id": "K1", "customer_id": "A1", "valid_from": "2021-01-01"},
        {"company_id": "K2", "customer_id": "A2", "vat_id": "AT1", "valid_from": "2020-01-01"},
    )
    people.run()
    assert groups(people) == [["account_id:A1"], ["account_id:A2"]]
    people.deliver(
        COMPANIES,
        {"company_id": "K1", "customer_id": "A1", "vat_id": "AT1", "valid_from": "2021-01-01"},
    )
    people.run()
    assert people.rows(CURRENT) == [
        (number_of("company_id:K2"), ["account_id:A1", "account_id:A2"])
    ]
    merged = "select customer_id, other_customer_id from identity.events where kind = 'merge'"
    assert people.rows(merged) == [(number_of("company_id:K2"), number_of("company_id:K1"))]


def test_an_account_is_joint_when_two_customers_hold_it() -> None:
    people = company()
    people.deliver(ACCOUNTS, account("A1"), account("A2"))
    people.deliver(
        HOLDERS,
        {"account_number": "4711", "customer_id": "A1", "role": "first"},
        {"account_number": "4711", "customer_id": "A2", "role": "second"},
        {"account_number": "4712", "customer_id": "A1", "role": "first"},
    )
    people.run()
    assert groups(people) == [["account_id:A1", "account_id:A2"]]


def test_a_second_run_without_news_reads_nothing_and_moves_nobody() -> None:
    people = company()
    people.deliver(ACCOUNTS, *(living_at("Ring 1", number) for number in ("A1", "A2")))
    people.run()
    before = people.rows("from identity.events order by event_number")
    people.run()
    assert groups(people) == [["account_id:A1", "account_id:A2"]]
    assert people.rows("from identity.events order by event_number") == before


def test_groups_of_increments_are_those_of_one_reading_and_of_a_rebuild(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    workspace.create()
    steps = [
        (ACCOUNTS, [living_at("Ring 1", number) for number in ("A1", "A2", "A3")]),
        (HOUSEHOLDS, [member("H1", "A1"), member("H1", "A2")]),
        (ACCOUNTS, [living_at("Gasse 9", "A3", updated_at="2026-06-01")]),
        (COMPANIES, [{"company_id": "K1", "customer_id": "A1", "vat_id": "AT1"}]),
    ]
    increments, rebuilt, at_once = company(), company(), company()
    for slug, rows in steps:
        increments.deliver(slug, *rows)
        increments.run()
        export_ledger(increments.connection, workspace)
    replay_ledger(rebuilt.connection, workspace)
    for people in (rebuilt, at_once):
        for slug, rows in steps:
            people.deliver(slug, *rows)
        people.run()
    members = "from identity.group_members order by all"
    assert rebuilt.rows(CURRENT) == increments.rows(CURRENT)
    assert rebuilt.rows(members) == at_once.rows(members) == increments.rows(members)
    events = "from identity.events order by event_number"
    assert rebuilt.rows(events) == increments.rows(events)
