"""The ledger outlives the warehouse."""

from __future__ import annotations

import datetime as dt

from orchestration.identity.archive import export_ledger, keep_ledger, last_event, replay_ledger
from orchestration.sql import literal
from orchestration.workspace import Workspace
from tests.orchestration.identity.people import ACCOUNTS, CARDS, People, account, card

EVENTS = "from identity.events order by event_number"
KEYS = "from identity.customer_keys order by all"


def first_half(people: People) -> None:
    people.deliver(CARDS, card("L1", joined_at="2024-01-01"), at="2026-01-05")
    people.deliver(ACCOUNTS, account("A1", created_at="2020-01-01"), at="2026-01-06")
    people.run()


def second_half(people: People) -> None:
    tied = account("A1", created_at="2020-01-01", loyalty_id="L1")
    people.deliver(ACCOUNTS, tied, at="2026-01-20")
    people.run()


def test_a_rebuild_replays_the_ledger_first_and_finds_the_same_numbers(place: Workspace) -> None:
    people, rebuilt = People(), People()
    first_half(people)
    export_ledger(people.connection, place)
    second_half(people)
    export_ledger(people.connection, place)
    replay_ledger(rebuilt.connection, place)
    assert rebuilt.rows(EVENTS) == people.rows(EVENTS)
    for slug, row in (
        (ACCOUNTS, account("A1", created_at="2020-01-01", loyalty_id="L1")),
        (CARDS, card("L1", joined_at="2024-01-01")),
    ):
        rebuilt.deliver(slug, row)
    assert rebuilt.run() == 0
    assert rebuilt.rows(KEYS) == people.rows(KEYS)


def test_each_run_adds_a_file_and_one_without_events_adds_none(place: Workspace) -> None:
    people = People()
    first_half(people)
    for _ in range(2):
        export_ledger(people.connection, place)
    second_half(people)
    export_ledger(people.connection, place)
    names = sorted(path.name for path in (place.archive / "identity").iterdir())
    assert names == ["000000000001_000000000002.parquet", "000000000003_000000000003.parquet"]


def test_what_was_known_on_a_day_gives_the_customers_of_that_day(place: Workspace) -> None:
    people, then = People(), People()
    first_half(people)
    known = people.rows(KEYS)
    second_half(people)
    export_ledger(people.connection, place)
    replay_ledger(then.connection, place, until=dt.datetime(2026, 1, 10))
    assert then.rows(KEYS) == known
    assert people.rows(KEYS) != known


def test_a_warehouse_that_lost_events_gets_them_from_the_archive(place: Workspace) -> None:
    people = People()
    first_half(people)
    second_half(people)
    export_ledger(people.connection, place)
    events, keys = people.rows(EVENTS), people.rows(KEYS)
    people.connection.execute("delete from identity.events where event_number > 1")
    replay_ledger(people.connection, place)
    assert (people.rows(EVENTS), people.rows(KEYS)) == (events, keys)


def test_what_the_archive_was_not_told_is_taken_over_from_the_earlier_warehouse(
    place: Workspace,
) -> None:
    people, rebuilt = People(), People()
    first_half(people)
    export_ledger(people.connection, place)
    second_half(people)
    copy = place.root / "earlier.duckdb"
    people.connection.execute(f"attach {literal(copy)} as copy")
    people.connection.execute("copy from database memory to copy")
    people.connection.execute("detach copy")
    replay_ledger(rebuilt.connection, place)
    assert last_event(rebuilt.connection) == 2
    rebuilt.connection.execute(f"attach {literal(copy)} as earlier (read_only)")
    keep_ledger(rebuilt.connection, "earlier")
    assert rebuilt.rows(EVENTS) == people.rows(EVENTS)
    assert rebuilt.rows(KEYS) == people.rows(KEYS)
