"""An erased person leaves keyed tombstones in the ledger, and stays out."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import duckdb
import pytest

from orchestration.errors import ConfigurationError
from orchestration.identity import Override
from orchestration.identity.archive import export_ledger, replay_ledger
from orchestration.identity.erase import Erasure, erase
from orchestration.identity.ledger import Stamp
from orchestration.identity.tombstones import KEYED_TABLES, tombstone
from orchestration.sql import literal
from orchestration.workspace import Workspace
from tests.orchestration.identity.people import (
    ACCOUNTS,
    CARDS,
    ORDERS,
    People,
    account,
    card,
    together,
)

STAMP = Stamp("erasing", dt.datetime(2026, 2, 1), b"secret")
EVENTS = "from identity.events order by event_number"
ANA = ("account_id:A1", "loyalty_id:L1", "email:ana@example.org")
BEN = ("account_id:B1", "email:ben@example.org")


def deliver(people: People) -> None:
    people.deliver(
        ACCOUNTS,
        account("A1", loyalty_id="L1", email="ana@example.org", first_name="Ana"),
        account("B1", email="ben@example.org"),
    )
    people.deliver(CARDS, card("L1"))


def known(place: Workspace) -> People:
    people = People()
    deliver(people)
    people.run()
    export_ledger(people.connection, place)
    return people


def everything(people: People) -> str:
    """All that the schema identity holds, as one text."""
    tables = people.rows(
        "select table_name from duckdb_tables() where schema_name = 'identity'"
        " and table_name <> 'erased_keys' and database_name = current_database()"
    )
    return "\n".join(str(people.rows(f'from identity."{table}"')) for (table,) in tables)


def archived(place: Workspace) -> str:
    files = literal(place.archive / "identity" / "*.parquet")
    return str(duckdb.sql(f"from read_parquet({files})").fetchall())


def test_the_keys_of_the_erased_become_tombstones_and_nothing_else_is_left(
    place: Workspace,
) -> None:
    people = known(place)
    customer = people.customers()["account_id:A1"]
    assert erase(people.connection, place, "loyalty_id:L1", STAMP) == Erasure(customer, 3)
    for text in (everything(people), archived(place)):
        assert [key for key in ANA if key in text] == []
        assert all(tombstone(b"secret", key) in text for key in ANA)
        assert all(key in text for key in BEN)
    erased = "select kind, identity_key, customer_id, other_customer_id, rule from identity.events"
    assert people.rows(f"{erased} where run_id = 'erasing' order by all") == [
        ("erase", key, None, customer, "erased")
        for key in sorted(tombstone(b"secret", key) for key in ANA)
    ]
    assert people.groups() == together(" ".join(BEN))


def test_with_another_secret_nobody_is_erased_and_nothing_is_resolved(place: Workspace) -> None:
    people = known(place)
    before = everything(people), archived(place)
    with pytest.raises(ConfigurationError, match="The secret is not the one by which"):
        erase(people.connection, place, "loyalty_id:L1", replace(STAMP, secret=b"another"))
    people.secret = b"another"
    with pytest.raises(ConfigurationError, match="The secret is not the one by which"):
        people.run()
    assert (everything(people), archived(place)) == before
    assert not place.erasures.exists()


def test_a_tombstone_is_not_the_number_of_the_customer(place: Workspace) -> None:
    people = known(place)
    customer = people.customers()["account_id:A1"]
    assert customer.removeprefix("c_") not in {tombstone(b"secret", key)[7:27] for key in ANA}


def test_records_that_come_again_make_no_customer_and_tie_nothing(place: Workspace) -> None:
    people = known(place)
    erase(people.connection, place, "account_id:A1", STAMP)
    deliver(people)
    people.deliver(ACCOUNTS, account("C1", email="ana@example.org"))
    people.run()
    assert people.groups() == together(" ".join(BEN), "account_id:C1")
    assert {key for (key,) in people.rows("from identity.erased_keys")} >= set(ANA)
    assert people.events(2) == [("create", "account_id:C1", "first_seen")]


def test_an_address_of_the_erased_has_no_hash_in_any_later_delivery(place: Workspace) -> None:
    people = known(place)
    order = {"order_id": "1", "email": "ana@example.org"}
    people.deliver(ORDERS, order, {"order_id": "2", "email": "guest@example.org"})
    people.run()
    assert len(people.rows("from identity.contact_keys")) == 2
    erase(people.connection, place, "account_id:A1", STAMP)
    withdrawn = people.deliver(ORDERS, order)
    people.run()
    keys = "select identity_key from identity.contact_keys"
    assert people.rows(keys) == [("email:guest@example.org",)]
    people.withdraw(withdrawn)
    people.run()
    assert people.rows(keys) == [("email:guest@example.org",)]


def test_who_was_tied_to_the_erased_by_a_conflict_or_a_hub_is_resolved_again(
    place: Workspace,
) -> None:
    people = People()
    shared = {"phone": "+431", "email": None}
    people.deliver(
        ACCOUNTS, account("A1", birth_date="1980-01-01", created_at="2019-1-1", **shared)
    )
    people.deliver(
        ACCOUNTS, account("B1", birth_date="1990-01-01", created_at="2020-1-1", **shared)
    )
    people.run()
    assert people.groups() == together("account_id:A1 phone:+431", "account_id:B1")
    people.rows("insert into identity.pending values ('account_id:unknown')")
    erase(people.connection, place, "account_id:A1", STAMP)
    people.run()
    assert people.groups() == together("account_id:B1")
    assert people.rows("from identity.pending") == []


def test_a_rebuild_from_the_archive_knows_the_erased_no_more_than_the_run_does(
    place: Workspace,
) -> None:
    people, rebuilt = known(place), People()
    erase(people.connection, place, "account_id:A1", STAMP)
    people.run()
    export_ledger(people.connection, place)
    replay_ledger(rebuilt.connection, place)
    deliver(rebuilt)
    rebuilt.run()
    assert rebuilt.rows(EVENTS) == people.rows(EVENTS)
    keys = "from identity.customer_keys order by all"
    assert rebuilt.rows(keys) == people.rows(keys)


def test_no_date_brings_the_erased_back(place: Workspace) -> None:
    people, then = known(place), People()
    erase(people.connection, place, "account_id:A1", STAMP)
    replay_ledger(then.connection, place, until=dt.datetime(2026, 1, 10))
    deliver(then)
    then.run()
    assert then.groups() == together(" ".join(BEN))


def test_a_decision_that_names_the_erased_is_passed_over(place: Workspace) -> None:
    people = known(place)
    erase(people.connection, place, "account_id:A1", STAMP)
    people.run(Override("always_link", "account_id:A1", "account_id:B1"))
    assert people.groups() == together(" ".join(BEN))
    assert "account_id:A1" not in everything(people)


def test_an_erasure_that_was_killed_before_the_archive_is_finished_by_a_second(
    place: Workspace,
) -> None:
    people = known(place)
    elsewhere = Workspace(place.root / "elsewhere")
    elsewhere.create()
    erase(people.connection, elsewhere, "account_id:A1", STAMP)
    assert "account_id:A1" in archived(place)
    assert erase(people.connection, place, "account_id:A1", STAMP) == Erasure(None, 0)
    assert [key for key in ANA if key in archived(place)] == []


def test_what_runs_computed_for_the_erased_is_taken_out_of_the_archive(place: Workspace) -> None:
    people = known(place)
    ana, ben = (people.customers()[key] for key in ("account_id:A1", "account_id:B1"))
    path = place.archive / "outputs" / "20260101T000000Z_0001.parquet"
    path.parent.mkdir()
    people.connection.execute(
        f"copy (select unnest(['{ana}', '{ben}']) as customer_id, 'segment' as attribute, '7' as"
        f" attribute_value) to {literal(path)}"
    )
    erase(people.connection, place, "account_id:A1", STAMP)
    assert people.rows(f"from read_parquet({literal(path)})") == [(ben, "segment", "7")]


def test_who_is_unknown_cannot_be_erased(place: Workspace) -> None:
    people = known(place)
    with pytest.raises(ConfigurationError, match="account_id:Z is no key or customer"):
        erase(people.connection, place, "account_id:Z", STAMP)


def test_every_table_with_keys_of_persons_is_known_to_the_erasure() -> None:
    people = People()
    people.run()
    named = people.rows(
        "select distinct table_name from duckdb_columns() where schema_name = 'identity'"
        " and (column_name like '%_key' or column_name like 'record_%')"
    )
    others = {"events", "group_keys", "attached_homes", "pending", "erased_keys"}
    assert {table for (table,) in named} - others == set(KEYED_TABLES)
