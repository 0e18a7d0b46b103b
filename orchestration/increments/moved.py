"""The identity keys whose customer may be another than when the models were last built."""

from __future__ import annotations

import duckdb

from orchestration.identity.keys import is_browser, is_group, is_within_brand, plain_key
from orchestration.increments.touched import GONE, KIND
from orchestration.settled import Settled
from orchestration.sql import transaction

IDENTITY = "identity"
MOVED_KEYS = ("identity", "moved_keys")
MOVED = f"""
    with moved as (
        select distinct identity_key from identity.events
        where event_number > $since and kind <> 'override' and not {is_group("identity_key")}
    ),
    ties as (
        select from_key as identity_key, to_key as other_key, delivery_id from identity.evidence
        union all
        select to_key, from_key, delivery_id from identity.evidence
    ),
    shared as (
        select distinct identity_key from ties
        where {is_browser("identity_key")} and (
            other_key in (from moved)
            or (
                identity_key in (select identity_key from identity.hubs)
                and (
                    exists (from quality.touched_dates where reason = '{GONE}')
                    or delivery_id in (
                        select delivery_id from quality.deliveries where run_id > $run_id
                    )
                )
            )
        )
    )
    from moved
    union
    select {plain_key("identity_key")} from moved where {is_within_brand("identity_key")}
    union
    from shared
    union
    select identity_key from identity.erased_keys
"""


def note_moved_keys(connection: duckdb.DuckDBPyConnection) -> int:
    """Fill `identity.moved_keys`; returns how many there are.

    Every key that an event of the ledger is about since the models were last built, every browser
    that an account among them has logged in on, and every shared browser with a new login: its
    periods are told by logins, not by the ledger. Keys of erased persons are always among them,
    because the ledger no longer says them.
    """
    done = Settled.read(connection, KIND).done.get(IDENTITY)
    since, run_id = (int(done.detail), done.run_id) if done else (0, "")
    connection.execute(
        f"create or replace table identity.moved_keys as {MOVED}",
        {"since": since, "run_id": run_id},
    )
    return int(connection.execute("select count(*) from identity.moved_keys").fetchall()[0][0])


def is_any_moved(connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether a key has moved; those of erased persons, which are always noted, do not count."""
    found = connection.execute(
        "select 1 from identity.moved_keys"
        " where identity_key not in (select identity_key from identity.erased_keys) limit 1"
    ).fetchall()
    return bool(found)


def note_built(connection: duckdb.DuckDBPyConnection, run_id: str) -> None:
    """All models are built from what is noted: the next run begins with nothing touched."""
    settled = Settled(connection, KIND)
    row = connection.execute(
        "select coalesce(max(event_number), 0) from identity.events"
    ).fetchone()
    settled.note(IDENTITY, run_id, run_id, str(row[0] if row else 0))
    with transaction(connection):
        connection.execute("delete from quality.touched_dates")
        connection.execute("delete from identity.moved_keys")
        settled.write()
