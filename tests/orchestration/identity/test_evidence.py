"""What ties two records to one person, and what does not."""

from __future__ import annotations

import pytest

from tests.orchestration.identity.people import (
    ACCOUNTS,
    CARDS,
    CONTACTS,
    EVENTS,
    ORDERS,
    People,
    account,
    card,
    together,
    with_settings,
)


def test_a_card_tied_to_an_account_is_its_owners() -> None:
    people = People()
    people.deliver(ACCOUNTS, account("A1", loyalty_id="L1"), account("A2"))
    people.deliver(CARDS, card("L1"), card("L2", customer_id="A2"), card("L3"))
    people.run()
    assert people.groups() == together(
        "account_id:A1 loyalty_id:L1", "account_id:A2 loyalty_id:L2", "loyalty_id:L3"
    )


def test_a_confirmed_address_unites_two_accounts_and_brings_itself() -> None:
    people = People()
    people.deliver(ACCOUNTS, account("A1", email="Ana@x.org"), account("A2", email="ana@x.org"))
    people.run()
    assert people.groups() == together("account_id:A1 account_id:A2 email:ana@x.org")


@pytest.mark.parametrize("flag", [False, None])
def test_an_address_that_is_not_confirmed_ties_nothing_whatever_other_contracts_say(
    flag: bool | None,
) -> None:
    people = People()
    people.deliver(ACCOUNTS, account("A1", email="a@x.org", is_email_verified=flag))
    people.deliver(ORDERS, {"order_id": "O1", "customer_id": "A1", "email": "a@x.org"})
    people.deliver(CARDS, card("L1", email="a@x.org"))
    people.run()
    assert people.groups() == together("account_id:A1", "loyalty_id:L1 email:a@x.org")


def test_an_address_without_a_flag_counts_and_so_does_one_confirmed_later() -> None:
    people = People()
    people.deliver(ACCOUNTS, account("A1", email="a@x.org", is_email_verified=False))
    people.deliver(CARDS, card("L1", email="a@x.org"))
    people.run()
    people.deliver(ACCOUNTS, account("A1", email="a@x.org"))
    people.run()
    assert people.groups() == together("account_id:A1 loyalty_id:L1 email:a@x.org")


def test_an_order_ties_the_address_of_its_account_but_no_card_and_no_telephone() -> None:
    people = People()
    order = {"order_id": "O1", "customer_id": "A1", "loyalty_id": "L1", "phone": "+441"}
    people.deliver(ORDERS, order | {"email": "a@x.org"})
    people.deliver(CARDS, card("L2", phone="+441"), card("L3", email="a@x.org"))
    people.run()
    assert people.groups() == together(
        "account_id:A1 email:a@x.org loyalty_id:L3", "loyalty_id:L1", "loyalty_id:L2 phone:+441"
    )


def test_a_guests_order_makes_nobody() -> None:
    people = People()
    people.deliver(ORDERS, {"order_id": "O1", "email": "guest@x.org"})
    people.run()
    assert people.customers() == {}


def test_a_contact_stands_for_itself_until_something_ties_it() -> None:
    people = People()
    people.deliver(CONTACTS, {"contact_id": "T1", "first_name": "Ana"})
    people.deliver(CONTACTS, {"contact_id": "T2", "first_name": "Eva", "customer_id": "A2"})
    people.run()
    assert people.groups() == together(
        "record:crm_contacts:T1", "record:crm_contacts:T2 account_id:A2"
    )


def test_a_browser_is_tied_at_login_alone() -> None:
    people = People()
    people.deliver(
        EVENTS,
        {"event_id": "1", "visitor_id": "V1"},
        {"event_id": "2", "visitor_id": "V2", "customer_id": "A1"},
    )
    people.run()
    assert people.groups() == together("account_id:A1 visitor_id:V2")


def test_a_browser_on_which_two_log_in_is_shared_and_belongs_to_nobody() -> None:
    people = People()
    people.deliver(EVENTS, {"event_id": "1", "visitor_id": "V1", "customer_id": "A1"})
    people.run()
    assert people.groups() == together("account_id:A1 visitor_id:V1")
    people.deliver(EVENTS, {"event_id": "2", "visitor_id": "V1", "customer_id": "A2"})
    people.run()
    assert people.groups() == together("account_id:A1", "account_id:A2")


def test_a_number_that_ties_too_many_is_found_to_be_a_hub_and_lets_all_go() -> None:
    people = with_settings(hub_limit=2)
    people.deliver(CARDS, card("L1", phone="+441"), card("L2", phone="+441"))
    people.run()
    assert people.groups() == together("loyalty_id:L1 loyalty_id:L2 phone:+441")
    people.deliver(CARDS, card("L3", phone="+441"))
    people.run()
    assert people.groups() == together("loyalty_id:L1", "loyalty_id:L2", "loyalty_id:L3")
    assert people.rows("from identity.hubs") == [("phone:+441", 3)]


def test_a_hub_that_loses_its_records_ties_again() -> None:
    people = with_settings(hub_limit=2)
    people.deliver(CARDS, card("L1", phone="+441"), card("L2", phone="+441"))
    last = people.deliver(CARDS, card("L3", phone="+441"))
    people.run()
    people.withdraw(last)
    people.run()
    assert people.groups() == together("loyalty_id:L1 loyalty_id:L2 phone:+441")


@pytest.mark.parametrize("value", ["unknown", "TEST@somewhere.org", "none"])
def test_blocked_values_tie_nothing(value: str) -> None:
    people = People()
    people.deliver(ACCOUNTS, account("A1", email=value), account("A2", email=value))
    people.run()
    assert people.groups() == together("account_id:A1", "account_id:A2")


def test_an_account_number_that_is_blocked_stays_alone() -> None:
    people = People()
    people.deliver(CARDS, card("L1", customer_id="unknown"), card("L2", customer_id="unknown"))
    people.run()
    assert people.groups() == together("loyalty_id:L1", "loyalty_id:L2", "account_id:unknown")


def test_blocking_another_value_later_takes_back_what_it_tied() -> None:
    people = People()
    people.deliver(ACCOUNTS, account("A1", email="info@x.org"), account("A2", email="info@x.org"))
    people.run()
    people.settings = people.settings.model_copy(update={"blocked_values": ["info@*"]})
    people.run()
    assert people.groups() == together("account_id:A1", "account_id:A2")


def test_another_limit_is_applied_to_what_is_long_known() -> None:
    people = People()
    people.deliver(CARDS, *(card(f"L{n}", phone="+441") for n in range(4)))
    people.run()
    assert len(people.groups()) == 1
    people.settings = people.settings.model_copy(update={"hub_limit": 3})
    people.run()
    assert len(people.groups()) == 4


def test_a_warehouse_from_before_the_dates_of_records_reads_them_again() -> None:
    people = People()
    people.deliver(ACCOUNTS, account("A1", first_name="Ana", created_at="2024-03-01"))
    people.run()
    customers = people.customers()
    people.connection.execute("alter table identity.profiles drop column created_on")
    people.connection.execute("update identity.read_deliveries set reading = 'earlier'")
    people.run()
    assert people.rows("select given_name, created_on::varchar from identity.profiles") == [
        ("ana", "2024-03-01")
    ]
    assert people.customers() == customers
