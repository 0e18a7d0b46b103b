"""Accounts of two brands are one customer only where the person agreed to it."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
import yaml

from orchestration.config import IdentitySettings
from orchestration.identity import Override
from orchestration.identity.erase import erase
from orchestration.identity.keys_of_brands import DEFAULT_BRAND
from orchestration.identity.ledger import Stamp
from orchestration.identity.why import why
from orchestration.increments.moved import note_built, note_moved_keys
from orchestration.workspace import CODE_ROOT, Workspace
from tests.orchestration.identity.people import ACCOUNTS, CONTRACTS, USED, People, account, together

CONSENTS = "crm/consents"
A, A2, B = "account_id:A", "account_id:A2", "account_id:B"
MAIL = "email:ana@example.org"


def company(**settings: Any) -> People:
    contracts = [CONTRACTS[slug] for slug in (*USED, CONSENTS)]
    return People(contracts=contracts, settings=IdentitySettings(**settings))


def of_brand(number: str, brand: str | None, **values: Any) -> dict[str, Any]:
    known = {"email": "ana@example.org", "brand_id": brand, "created_at": f"2020-01-0{len(number)}"}
    return account(number, **(known | values))


def consent(number: str, status: str = "granted", at: str = "2025-01-01") -> dict[str, Any]:
    return {
        "consent_id": f"{number} {at}",
        "customer_id": number,
        "purpose": "cross_brand",
        "status": status,
        "recorded_at": at,
    }


def two_brands(**settings: Any) -> People:
    people = company(**settings)
    people.deliver(
        ACCOUNTS, of_brand("A", "north"), of_brand("B", "south", created_at="2021-01-01")
    )
    return people


def plain_groups(people: People) -> set[frozenset[str]]:
    """The keys of each customer, but those of one brand."""
    groups = {
        frozenset(key for key in keys if not key.startswith("within:")) for keys in people.groups()
    }
    return groups - {frozenset()}


def plain_events(people: People, run: int) -> list[tuple[Any, ...]]:
    """The events of a run, but those of keys of one brand."""
    return [event for event in people.events(run) if not event[1].startswith("within:")]


def holders(people: People) -> dict[str, str]:
    """Brand → the first account of the customer who has the address within it."""
    customers = people.customers()
    accounts = {
        customer: key
        for key, customer in sorted(customers.items(), reverse=True)
        if key.startswith("account_id:")
    }
    return {
        key.split(":")[1]: accounts[customer]
        for key, customer in customers.items()
        if key.startswith("within:") and key.endswith(MAIL)
    }


def test_without_consent_two_brands_stay_apart_and_the_address_is_the_oldests() -> None:
    people = two_brands()
    people.run()
    assert plain_groups(people) == together(f"{A} {MAIL}", B)
    answer = why(people.connection, A, B, people.settings)
    assert answer.reasons[0] == (
        "They are customers of different brands, and did not both agree to be known across brands."
    )


def test_with_the_consent_of_both_they_are_one() -> None:
    people = two_brands()
    people.deliver(CONSENTS, consent("A"), consent("B"))
    people.run()
    assert people.groups() == together(f"{A} {B} {MAIL}")


def test_an_address_of_two_brands_leads_to_the_holder_in_each() -> None:
    people = two_brands()
    people.run()
    assert holders(people) == {"north": A, "south": B, DEFAULT_BRAND: A}
    people.deliver(ACCOUNTS, of_brand("C", None, email="c@example.org"))
    people.run()
    assert holders(people) == {"north": A, "south": B}


def test_an_address_is_nobodys_in_a_brand_that_its_holder_did_not_agree_to() -> None:
    people = two_brands()
    people.deliver(ACCOUNTS, of_brand("B", "south", email="b@example.org", updated_at="2022-01-01"))
    people.withdraw("d_1")
    people.deliver(ACCOUNTS, of_brand("A", "north"))
    people.run()
    assert holders(people) == {"north": A, DEFAULT_BRAND: A}
    people.deliver(CONSENTS, consent("A"))
    people.run()
    assert holders(people) == {}


def test_accounts_of_one_brand_are_one_though_the_address_is_an_older_ones_of_another() -> None:
    people = two_brands()
    people.deliver(ACCOUNTS, of_brand("B2", "south", created_at="2022-01-01"))
    people.run()
    assert plain_groups(people) == together(f"{A} {MAIL}", f"{B} account_id:B2")


def test_keys_of_brands_move_the_rows_of_the_plain_key() -> None:
    people = two_brands()
    people.run()
    note_built(people.connection, "built")
    for day, decisions in enumerate(
        [[consent("A"), consent("B")], [consent("B", "denied", "2026-01-01")]]
    ):
        people.deliver(CONSENTS, *[row | {"consent_id": f"{day} {row}"} for row in decisions])
        people.run()
        note_moved_keys(people.connection)
        assert {B, MAIL} <= {key for (key,) in people.rows("from identity.moved_keys")}
        note_built(people.connection, "built")


@pytest.mark.parametrize(
    "decisions",
    [
        [consent("A")],
        [consent("A"), consent("B", "denied")],
        [consent("A"), consent("B"), consent("B", "withdrawn", at="2025-02-01")],
        [consent("A"), consent("B", at="2025-01-01") | {"purpose": "profiling"}],
        [consent("A"), consent("B"), consent("B", "denied") | {"consent_id": "same moment"}],
    ],
)
def test_consent_of_one_side_alone_or_taken_back_unites_nobody(
    decisions: list[dict[str, Any]],
) -> None:
    people = two_brands()
    people.deliver(CONSENTS, *decisions)
    people.run()
    assert plain_groups(people) == together(f"{A} {MAIL}", B)


def test_consent_merges_its_withdrawal_splits_and_the_numbers_are_permanent() -> None:
    people = two_brands()
    people.run()
    apart = people.customers()
    people.deliver(CONSENTS, consent("A"), consent("B"))
    people.run()
    assert set(people.customers().values()) == {apart[A]}
    people.deliver(CONSENTS, consent("B", "withdrawn", at="2025-06-01"))
    people.run()
    assert people.customers() == apart
    assert plain_events(people, 2) == [("merge", B, "email")]
    assert plain_events(people, 3) == [("split", B, "across_brands")]


def test_consent_granted_again_later_unites_again_in_any_order_of_arrival() -> None:
    decisions = [
        consent("A"),
        consent("B"),
        consent("B", "withdrawn", at="2025-06-01"),
        consent("B", at="2025-07-01"),
    ]
    for rows in (decisions, decisions[::-1]):
        people = two_brands()
        for row in rows:
            people.deliver(CONSENTS, row)
            people.run()
        assert plain_groups(people) == together(f"{A} {B} {MAIL}")


def test_accounts_of_one_brand_are_one_and_decide_together() -> None:
    people = two_brands()
    people.deliver(ACCOUNTS, of_brand("A2", "north"))
    people.deliver(CONSENTS, consent("A"), consent("B"))
    people.run()
    assert plain_groups(people) == together(f"{A} {A2} {B} {MAIL}")
    people.deliver(CONSENTS, consent("A2", "denied"))
    people.run()
    assert plain_groups(people) == together(f"{A} {A2} {MAIL}", B)


def test_a_steward_cannot_decide_in_the_place_of_the_person() -> None:
    people = two_brands()
    people.run(Override("always_link", A, B))
    assert plain_groups(people) == together(f"{A} {MAIL}", B)


def test_a_company_may_unite_its_brands_always() -> None:
    people = two_brands(across_brands="always")
    people.run()
    assert plain_groups(people) == together(f"{A} {B} {MAIL}")
    people.settings = IdentitySettings()
    people.run()
    assert plain_groups(people) == together(f"{A} {MAIL}", B)


def test_the_erased_leave_their_address_in_no_brand(tmp_path: Path) -> None:
    place = Workspace(tmp_path)
    place.create()
    people = two_brands()
    people.run()
    erase(people.connection, place, A, Stamp("erasing", dt.datetime(2026, 2, 1), b"secret"))
    assert "ana@example.org" not in str(people.rows("from identity.events"))
    people.run()
    assert people.groups() == together(B)
    assert "ana@example.org" not in str(people.rows("from identity.events"))


@pytest.mark.parametrize("brand", [None, "north"])
def test_one_brand_or_none_needs_no_consent_and_keeps_nothing(brand: str | None) -> None:
    people = company()
    people.deliver(ACCOUNTS, of_brand("A", brand), of_brand("B", None))
    people.run()
    assert plain_groups(people) == together(f"{A} {B} {MAIL}")
    assert people.rows("from identity.brands") == []


def test_a_second_brand_parts_those_who_name_none_from_it() -> None:
    people = company()
    people.deliver(ACCOUNTS, of_brand("A", None), of_brand("A2", "north"))
    people.run()
    assert plain_groups(people) == together(f"{A} {A2} {MAIL}")
    people.deliver(ACCOUNTS, of_brand("B", "south", email="b@example.org"))
    people.run()
    assert plain_groups(people) == together(f"{A} {MAIL}", A2, f"{B} email:b@example.org")


def test_an_account_that_no_record_describes_is_of_every_brand() -> None:
    people = company()
    people.deliver(ACCOUNTS, of_brand("A", "north"), of_brand("X", "south", email="x@example.org"))
    people.deliver("shop/orders", {"order_id": "1", "customer_id": "B", "email": "ana@example.org"})
    people.run()
    assert plain_groups(people) == together(f"{A} {B} {MAIL}", "account_id:X email:x@example.org")


def test_the_default_brand_is_that_of_the_models() -> None:
    project = yaml.safe_load((CODE_ROOT / "dbt_project" / "dbt_project.yml").read_text("utf-8"))
    assert project["vars"]["default_brand"] == DEFAULT_BRAND
