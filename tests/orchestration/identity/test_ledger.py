"""What the ledger says of each thing that can happen to a customer, and who keeps the number."""

from __future__ import annotations

import pytest

from orchestration.identity import Override
from tests.orchestration.identity.people import (
    ACCOUNTS,
    CARDS,
    CONTACTS,
    People,
    account,
    card,
    keyed,
    together,
)

A1, A2, L1 = "account_id:A1", "account_id:A2", "loyalty_id:L1"


def number_of(key: str) -> str:
    return f"c_{keyed(key)}"


def test_a_customer_is_created_with_a_number_made_from_the_oldest_key() -> None:
    people = People()
    people.deliver(ACCOUNTS, account("A1", loyalty_id="L1", created_at="2025-05-01"))
    people.deliver(CARDS, card("L1", joined_at="2024-01-01"))
    people.run()
    assert people.customers() == {A1: number_of(L1), L1: number_of(L1)}
    assert people.events() == [("create", L1, "first_seen"), ("link", A1, "loyalty_id")]


def test_an_account_is_older_than_a_contact_whatever_their_times() -> None:
    people = People()
    people.deliver(CONTACTS, {"contact_id": "T1", "customer_id": "A1", "created_at": "2020-01-01"})
    people.deliver(ACCOUNTS, account("A1", created_at="2025-05-01"))
    people.run()
    assert set(people.customers().values()) == {number_of(A1)}


def test_nothing_new_moves_nobody() -> None:
    people = People()
    people.deliver(ACCOUNTS, account("A1"))
    assert people.run() == 1
    assert people.run() == 0
    people.deliver(ACCOUNTS, account("A1"))
    assert people.run() == 0
    assert len(people.events()) == 1


@pytest.mark.parametrize(("created", "oldest"), [("2025-02-01", A1), ("2023-02-01", A2)])
def test_on_a_merge_the_oldest_survives(created: str, oldest: str) -> None:
    people = People()
    people.deliver(ACCOUNTS, account("A1", created_at="2024-01-01", email="a@x.org"))
    people.deliver(ACCOUNTS, account("A2", created_at=created))
    people.run()
    people.deliver(ACCOUNTS, account("A2", created_at=created, email="a@x.org"))
    people.run()
    assert set(people.customers().values()) == {number_of(oldest)}
    [(kind, _, rule), *_] = people.events(2)
    assert (kind, rule) == ("merge", "email")
    merged = people.rows(
        "select distinct customer_id, other_customer_id, evidence_to, source"
        " from identity.events where kind = 'merge'"
    )
    other = A2 if oldest == A1 else A1
    assert merged == [(number_of(oldest), number_of(other), "email:a@x.org", ACCOUNTS)]


def test_a_customer_older_by_its_source_but_seen_later_gives_its_number_up_only_once() -> None:
    people = People()
    people.deliver(CARDS, card("L1", joined_at="2024-01-01"))
    people.run()
    people.deliver(ACCOUNTS, account("A1", loyalty_id="L1", created_at="2020-01-01"))
    people.run()
    assert people.customers() == {L1: number_of(L1), A1: number_of(L1)}


def test_on_a_split_the_part_with_the_oldest_key_keeps_the_number() -> None:
    people = People()
    people.deliver(ACCOUNTS, account("A1", created_at="2024-01-01", email="a@x.org"))
    tie = people.deliver(ACCOUNTS, account("A2", created_at="2025-01-01", email="a@x.org"))
    people.run()
    people.withdraw(tie)
    people.deliver(ACCOUNTS, account("A2", created_at="2025-01-01"))
    people.run()
    assert people.customers()[A1] == number_of(A1)
    assert people.customers()[A2] == number_of(A2)
    assert people.events(2) == [("split", A2, "no_evidence")]


def test_a_number_that_lives_on_elsewhere_is_never_given_twice() -> None:
    people = People()
    people.deliver(CARDS, card("L1", joined_at="2024-01-01"))
    people.run()
    tie = people.deliver(ACCOUNTS, account("A1", loyalty_id="L1", created_at="2020-01-01"))
    people.run()
    people.withdraw(tie)
    people.deliver(ACCOUNTS, account("A1", created_at="2020-01-01"))
    people.run()
    customers = people.customers()
    assert customers[A1] == number_of(L1), "the older key keeps what was the customer's"
    assert customers[L1] not in (number_of(L1), number_of(A1))


def test_a_key_that_no_record_holds_any_more_belongs_to_nobody() -> None:
    people = People()
    people.deliver(ACCOUNTS, account("A1"))
    gone = people.deliver(ACCOUNTS, account("A2"))
    people.run()
    people.withdraw(gone)
    people.run()
    assert people.groups() == together(A1)
    assert people.events(2) == [("split", A2, "no_evidence")]


def test_keeping_two_apart_undoes_a_merge_and_gives_the_number_back() -> None:
    people = People()
    people.deliver(ACCOUNTS, account("A1", created_at="2024-01-01", email="a@x.org"))
    people.deliver(ACCOUNTS, account("A2", created_at="2023-01-01"), account("A3"))
    people.deliver(CARDS, card("L2", customer_id="A2", joined_at="2022-01-01"))
    people.run()
    before = people.customers()
    people.deliver(ACCOUNTS, account("A2", created_at="2023-01-01", email="a@x.org"))
    people.run()
    assert people.customers()[A1] == people.customers()[A2]
    decision = Override("never_link", A1, A2, "two sisters")
    people.run(decision)
    assert {key: people.customers()[key] for key in before if key != "email:a@x.org"} == {
        key: number for key, number in before.items() if key != "email:a@x.org"
    }
    assert ("split", A1, "never_link") in people.events(3)
    assert ("override", A1, "never_link") in people.events(3)
    people.connection.execute("delete from identity.overrides")  # as a rebuild begins
    people.run(decision)
    assert people.events(4) == []
    people.run()
    assert people.customers()[A1] == people.customers()[A2]
    assert ("override", A1, "never_link taken back") in people.events(5)


def test_linking_always_unites_what_the_records_keep_apart() -> None:
    people = People()
    people.deliver(ACCOUNTS, account("A1", first_name="Ana"), account("A2", first_name="Rui"))
    people.run()
    people.run(Override("always_link", A1, A2))
    assert people.groups() == together(f"{A1} {A2}")
    assert people.events(2)[0] == ("merge", A2, "always_link")
    people.run()
    assert people.groups() == together(A1, A2)


def test_a_key_split_off_stands_alone_and_ties_nothing() -> None:
    people = People()
    people.deliver(ACCOUNTS, account("A1", email="a@x.org"), account("A2", email="a@x.org"))
    people.run()
    people.run(Override("split", "email:a@x.org"))
    assert people.groups() == together(A1, A2)
    people.run(Override("split", A2))
    assert people.groups() == together(f"{A1} email:a@x.org", A2)
    assert ("split", "email:a@x.org", "split") in people.events(2)


def test_likely_pairs_link_from_the_threshold_on_and_go_when_they_are_no_longer_likely() -> None:
    people = People()
    people.deliver(ACCOUNTS, account("A1"), account("A2"), account("A3"))
    people.score((A1, A2, 0.999), (A2, "account_id:A3", 0.94))
    people.run()
    assert people.groups() == together(f"{A1} {A2}", "account_id:A3")
    assert ("merge", A2, "likely") in people.events(2)
    people.score((A1, A2, 0.9))
    people.run()
    assert people.groups() == together(A1, A2, "account_id:A3")


def test_a_record_as_like_two_strangers_is_tied_to_neither() -> None:
    people, a3 = People(), "account_id:A3"
    people.deliver(ACCOUNTS, account("A1"), account("A2"), account("A3"))
    people.score((A1, A2, 0.97), (A2, a3, 0.97))
    people.run()
    assert people.groups() == together(A1, A2, a3)
    people.score((A1, A2, 0.97), (A2, a3, 0.97), (A1, a3, 0.7))
    people.run()
    assert people.groups() == together(f"{A1} {A2} {a3}")


def test_likely_pairs_pardon_no_other_name() -> None:
    people = People()
    people.deliver(
        ACCOUNTS,
        account("A1", first_name="Ana", last_name="Silva"),
        account("A2", first_name="Rui", last_name="Silva"),
    )
    people.score((A1, A2, 0.99))
    people.run()
    assert people.groups() == together(A1, A2)


def test_a_likely_pair_gives_way_to_a_conflict() -> None:
    people = People()
    people.deliver(
        ACCOUNTS, account("A1", birth_date="1980-01-01"), account("A2", birth_date="1990-01-01")
    )
    people.score((A1, A2, 0.99))
    people.run()
    assert people.groups() == together(A1, A2)


def test_the_crosswalk_is_the_ledgers_last_word() -> None:
    from orchestration.identity.tables import derive_customer_keys

    people = People()
    people.deliver(ACCOUNTS, account("A1", email="a@x.org"), account("A2", phone="+441"))
    people.run()
    people.deliver(ACCOUNTS, account("A2", email="a@x.org"))
    people.run()
    people.run(Override("never_link", A1, A2))
    kept = people.rows("from identity.customer_keys order by all")
    derive_customer_keys(people.connection)
    assert people.rows("from identity.customer_keys order by all") == kept


def test_what_an_earlier_version_read_into_other_columns_is_read_again_and_moves_nobody() -> None:
    people = People()
    people.deliver(ACCOUNTS, account("A1", email="a@x.org"), account("A2", email="a@x.org"))
    people.run()
    known = people.rows("from identity.customer_keys order by all")
    people.connection.execute("alter table identity.profiles drop column street")
    assert people.run() == 0
    assert people.rows("from identity.customer_keys order by all") == known
    assert people.rows("select count(street), count(*) from identity.profiles") == [(0, 2)]


def test_a_workspace_without_a_ledger_keeps_every_number() -> None:
    people = People()
    people.connection.execute(
        "create table identity.customer_keys (identity_key varchar primary key,"
        " customer_id varchar, founding_key varchar, created_run_id varchar)"
    )
    people.connection.execute(
        "insert into identity.customer_keys values"
        " ('loyalty_id:L1', 'c_old', 'account_id:A1', 'run_0'),"
        " ('account_id:A1', 'c_old', 'account_id:A1', 'run_0'),"
        " ('account_id:A2', 'c_other', 'account_id:A2', 'run_0')"
    )
    people.deliver(ACCOUNTS, account("A1", loyalty_id="L1"), account("A2"), account("A3"))
    people.run()
    assert people.customers() == {
        A1: "c_old", L1: "c_old", A2: "c_other", "account_id:A3": number_of("account_id:A3"),
    }  # fmt: skip
    assert people.rows(
        "select distinct founding_key, created_run_id from identity.customer_keys"
        " where customer_id = 'c_old'"
    ) == [(A1, "run_0")]
