"""The keys whose facts have to follow their customer, told by the ledger and by logins."""

from __future__ import annotations

from orchestration.identity import Override
from orchestration.increments.moved import note_built, note_moved_keys
from tests.orchestration.identity.people import ACCOUNTS, EVENTS, People, account

A1, A2, V1 = "account_id:A1", "account_id:A2", "visitor_id:V1"


def login(event: str, visitor: str, customer: str) -> dict[str, str]:
    """An event of a browser under a login."""
    return {
        "event_id": event,
        "visitor_id": visitor,
        "customer_id": customer,
        "event_at": "2026-01-05 10:00:00",
    }


def moved(people: People) -> set[str]:
    """The keys that moved since the models were last built, which they then are."""
    people.run()
    note_moved_keys(people.connection)
    found = {key for (key,) in people.rows("from identity.moved_keys")}
    people.connection.execute("update quality.deliveries set run_id = 'earlier'")
    note_built(people.connection, "earlier")
    return found


def test_new_keys_have_moved_once() -> None:
    people = People()
    people.deliver(ACCOUNTS, account("A1"), account("A2"))
    assert moved(people) == {A1, A2}
    assert moved(people) == set()


def test_a_run_that_built_nothing_leaves_its_keys_to_the_next() -> None:
    people = People()
    people.deliver(ACCOUNTS, account("A1"))
    people.run()
    note_moved_keys(people.connection)
    people.deliver(ACCOUNTS, account("A2"))
    assert moved(people) == {A1, A2}


def test_a_merge_and_its_undoing_move_the_keys_that_change_hands() -> None:
    people = People()
    people.deliver(ACCOUNTS, account("A1"), account("A2"))
    moved(people)
    people.run(Override("always_link", A1, A2, "told"))
    note_moved_keys(people.connection)
    assert people.rows("from identity.moved_keys") == [(A2,)]
    assert moved(people) == {A2}


def test_a_browser_moves_at_its_first_login() -> None:
    people = People()
    people.deliver(ACCOUNTS, account("A1"))
    moved(people)
    people.deliver(EVENTS, login("E1", "V1", "A1"))
    assert V1 in moved(people)
    people.deliver(EVENTS, login("E2", "V1", "A1"))
    assert moved(people) == set()


def test_a_shared_browser_moves_with_each_login_and_with_the_accounts_that_used_it() -> None:
    people = People()
    people.deliver(ACCOUNTS, account("A1"), account("A2"))
    people.deliver(EVENTS, login("E1", "V1", "A1"), login("E2", "V1", "A2"))
    moved(people)
    assert people.rows("select identity_key from identity.hubs") == [(V1,)]
    assert moved(people) == set()
    people.deliver(EVENTS, login("E3", "V1", "A1"))
    assert moved(people) == {V1}
    people.run(Override("always_link", A1, A2, "told"))
    note_moved_keys(people.connection)
    assert people.rows("from identity.moved_keys order by 1") == [(A2,), (V1,)]
