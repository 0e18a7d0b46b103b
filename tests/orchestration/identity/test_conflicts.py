"""Two persons with one telephone or address stay two."""

from __future__ import annotations

from typing import Any

import pytest

from tests.orchestration.identity.people import (
    ACCOUNTS,
    CARDS,
    CONTACTS,
    People,
    account,
    card,
    together,
)

Person = dict[str, Any]
ANA: Person = {"first_name": "Ana", "last_name": "Silva", "birth_date": "1980-02-03"}


def with_one_number(first: Person, second: Person) -> int:
    """How many customers two cards with one telephone number make."""
    people = People()
    people.deliver(CARDS, card("L1", phone="+441", **first), card("L2", phone="+441", **second))
    people.run()
    return len(people.groups())


@pytest.mark.parametrize(
    ("other", "customers"),
    [
        (ANA, 1),
        (ANA | {"first_name": "Anna"}, 1),
        (ANA | {"first_name": "Aan"}, 1),
        (ANA | {"first_name": "Ana Maria"}, 1),
        (ANA | {"first_name": "A."}, 1),
        (ANA | {"first_name": "Rui"}, 2),
        (ANA | {"first_name": None}, 1),
        (ANA | {"birth_date": "1980-02-04"}, 1),
        (ANA | {"birth_date": "1980-03-02"}, 1),
        (ANA | {"birth_date": "1981-02-04"}, 2),
        (ANA | {"birth_date": "1980-02-04", "first_name": "Anna"}, 2),
        (ANA | {"birth_date": "1980-02-04", "last_name": "Costa"}, 2),
        (ANA | {"birth_date": "1980-02-04", "last_name": None}, 2),
        (ANA | {"birth_date": None}, 1),
        (ANA | {"last_name": "Costa"}, 1),
        (ANA | {"last_name": "Costa", "birth_date": None}, 2),
        ({}, 1),
    ],
)
def test_names_and_birth_dates_tell_persons_apart(other: Person, customers: int) -> None:
    assert with_one_number(ANA, other) == customers


def test_what_an_account_was_called_before_still_counts() -> None:
    people = People()
    before, married = ANA | {"birth_date": None}, {"first_name": "Ana", "last_name": "Costa"}
    people.deliver(ACCOUNTS, account("A1", email="a@x.org", **before))
    people.deliver(ACCOUNTS, account("A1", email="a@x.org", **married))
    people.deliver(CARDS, card("L1", email="a@x.org", **before))
    people.run()
    assert people.groups() == together("account_id:A1 loyalty_id:L1 email:a@x.org")


@pytest.mark.parametrize(("birth_date", "customers"), [("1980-02-03", 1), (None, 2)])
def test_a_likely_pair_with_another_family_name_needs_the_birth_date(
    birth_date: str | None, customers: int
) -> None:
    people = People()
    before, after = ANA | {"birth_date": birth_date}, ANA | {"last_name": "Costa"}
    people.deliver(ACCOUNTS, account("A1", **before), account("A2", **after))
    people.score(("account_id:A1", "account_id:A2", 0.99))
    people.run()
    assert len(people.groups()) == customers


def test_the_address_of_a_household_goes_to_who_confirmed_it() -> None:
    people = People()
    people.deliver(CARDS, card("L1", email="a@x.org", joined_at="2020-01-01", first_name="Rui"))
    people.deliver(ACCOUNTS, account("A1", email="a@x.org", first_name="Ana"))
    people.run()
    assert people.groups() == together("account_id:A1 email:a@x.org", "loyalty_id:L1")


def test_an_address_that_both_confirmed_outweighs_their_names() -> None:
    people = People()
    people.deliver(
        ACCOUNTS,
        account("A1", email="a@x.org", first_name="Bob"),
        account("A2", email="a@x.org", first_name="Robert"),
    )
    people.run()
    assert people.groups() == together("account_id:A1 account_id:A2 email:a@x.org")


def test_the_cards_of_both_follow_an_address_that_both_confirmed() -> None:
    people = People()
    people.deliver(
        ACCOUNTS,
        account("A1", email="a@x.org", first_name="Bob"),
        account("A2", email="a@x.org", first_name="Robert"),
    )
    people.deliver(CARDS, card("L1", customer_id="A1", first_name="Bob"))
    people.deliver(CARDS, card("L2", customer_id="A2", first_name="Robert"))
    people.run()
    assert len(people.groups()) == 1


def test_a_card_of_two_accounts_that_differ_in_name_is_the_earliers() -> None:
    people = People()
    people.deliver(
        ACCOUNTS,
        account("A1", loyalty_id="L1", first_name="Ana", updated_at="2025-01-01"),
        account("A2", loyalty_id="L1", first_name="Rui", updated_at="2024-01-01"),
    )
    people.run()
    assert people.groups() == together("account_id:A1", "account_id:A2 loyalty_id:L1")


def test_a_card_that_states_its_account_is_that_accounts_whatever_the_form_says() -> None:
    people = People()
    people.deliver(ACCOUNTS, account("A1", first_name="Ana"))
    people.deliver(CARDS, card("L1", customer_id="A1", first_name="Nana"))
    people.run()
    assert people.groups() == together("account_id:A1 loyalty_id:L1")


def test_what_staff_note_of_an_account_does_not_split_it() -> None:
    people = People()
    people.deliver(ACCOUNTS, account("A1", first_name="Ana", loyalty_id="L1"))
    people.deliver(CARDS, card("L1", first_name="Ana"))
    people.deliver(CONTACTS, {"contact_id": "T1", "customer_id": "A1", "first_name": "Zoe"})
    people.run()
    assert people.groups() == together("account_id:A1 loyalty_id:L1 record:crm_contacts:T1")


def test_of_a_chain_that_no_person_can_be_only_accounts_and_cards_are_believed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("orchestration.identity.graph.MOST_TOGETHER", 6)
    people = People()
    people.deliver(CARDS, *(card(f"L{n}", phone=f"+{n}", customer_id="A1") for n in range(2)))
    people.deliver(CARDS, *(card(f"L{n}", phone=f"+{n - 2}", email="a@x.org") for n in (2, 3)))
    people.run()
    assert people.groups() == together(
        "loyalty_id:L0 loyalty_id:L1 account_id:A1", "loyalty_id:L2", "loyalty_id:L3"
    )


def test_a_chain_over_two_values_is_cut_at_the_weaker() -> None:
    people = People()
    people.deliver(
        ACCOUNTS,
        account("A1", first_name="Ana", email="a@x.org"),
        account("A2", email="a@x.org", phone="+441"),
        account("A3", first_name="Rui", phone="+441"),
    )
    people.run()
    assert (
        frozenset({"account_id:A3"}) in people.groups()
        or together("account_id:A3 phone:+441") <= people.groups()
    )
    assert people.customers()["account_id:A1"] == people.customers()["account_id:A2"]
