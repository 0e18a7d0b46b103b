"""The permanent number of every customer: one that lives on, one given back, or a new one."""

from __future__ import annotations

import hmac
from itertools import count

import duckdb

from orchestration.errors import ConfigurationError
from orchestration.identity.tombstones import TOMBSTONE, keyed_hash, pads
from orchestration.sql import literal

HEX_DIGITS = 20


def check_secret(connection: duckdb.DuckDBPyConnection, secret: bytes) -> None:
    """Raise ConfigurationError where no customer of the ledger has the number that a secret gives.

    With another secret nobody who was erased would be found again, and an erasure would leave
    tombstones that no run knows.
    """
    founded = (
        "from identity.events where kind = 'create' and rule = 'first_seen'"
        f" and starts_with(customer_id, 'c_') and not starts_with(identity_key, '{TOMBSTONE}')"
    )
    if not connection.execute(f"{founded} limit 1").fetchall():
        return
    number = f"'c_' || left({keyed_hash('identity_key')}, {HEX_DIGITS})"
    sql = f"{founded} and customer_id = {number} limit 1"
    if not connection.execute(sql, pads(secret)).fetchall():
        raise ConfigurationError(
            "The secret is not the one by which the customers of this workspace are numbered: put"
            " the former config/secret.key back, or set RAPPORT_SECRET to its text."
        )


def number_customers(
    connection: duckdb.DuckDBPyConnection, secret: bytes, keys: str, prefix: str
) -> None:
    """`_customers`: every cluster of `_people`, with a number that lives, lived or is new.

    `keys` is the crosswalk of those who are numbered, `prefix` what their numbers begin with.
    """
    _take_past(connection)
    _take_survivors(connection)
    _take_founded(connection, secret, prefix)
    _take_revived(connection, keys)
    _take_new(connection, secret, keys, prefix)
    connection.execute(
        """
        create or replace temp table _customers as
        with known as (
            select label, customer_id, founding_key from _survivors
            union all
            select label, revived.customer_id, first.identity_key
            from _revived as revived
            inner join (
                select customer_id, arg_min(identity_key, event_number) as identity_key
                from identity.events
                where kind <> 'override' and customer_id in (select customer_id from _revived)
                group by customer_id
            ) as first on revived.customer_id = first.customer_id
        ),
        numbered as (
            select known.*, resolved.node as founding_node
            from known
            left join _resolved as resolved on known.founding_key = resolved.identity_key
            union all
            select label, customer_id, founding_key, founding_node from _new
        )
        select *, row_number() over (order by customer_id) as place from numbered
        """
    )


def _take_past(connection: duckdb.DuckDBPyConnection) -> None:
    """`_past`: what the ledger told of the keys that are resolved again."""
    known = (
        "where kind <> 'override' and identity_key in (select identity_key from _resolved)"
        if connection.execute("from identity.events limit 1").fetchall()
        else "limit 0"  # the first reading need not look its keys up in nothing
    )
    connection.execute(
        "create or replace temp table _past as"
        f" select event_number, run_id, identity_key, customer_id from identity.events {known}"
    )


def _take_survivors(connection: duckdb.DuckDBPyConnection) -> None:
    """`_survivors`: the clusters that keep a number, each that of its oldest customer."""
    connection.execute(
        """
        create or replace temp table _survivors as
        with claims as (
            select
                old.customer_id,
                any_value(old.founding_key) as founding_key,
                arg_min(people.label, people.age) as label,
                min(people.age) as age
            from _people as people
            inner join _old as old using (node)
            group by old.customer_id
        )
        select
            label,
            arg_min(customer_id, age) as customer_id,
            arg_min(founding_key, age) as founding_key
        from claims
        group by label
        """
    )


def _take_founded(connection: duckdb.DuckDBPyConnection, secret: bytes, prefix: str) -> None:
    """`_founded`: the clusters that keep none, their oldest key, and the number it would give."""
    number = f"{literal(prefix)} || left({keyed_hash('identity_key')}, {HEX_DIGITS})"
    connection.execute(
        f"""
        create or replace temp table _founded as
        with oldest as (
            select label, arg_min(node, age) as node, min(age) as age
            from _people
            where label not in (select label from _survivors)
            group by label
        )
        select
            oldest.label, oldest.age, resolved.identity_key as founding_key,
            resolved.node as founding_node, {number} as customer_id
        from oldest
        inner join _resolved as resolved using (node)
        """,
        pads(secret),
    )


def _take_revived(connection: duckdb.DuckDBPyConnection, keys: str) -> None:
    """`_revived`: the founded whose key had a number before, which nobody carries on.

    What a merge had united and a split sets free again gets its former number back, so that a
    wrong merge undone leaves no trace.
    """
    connection.execute(
        f"""
        create or replace temp table _revived as
        with told as (
            select founded.label, founded.age, past.customer_id, max(event_number) as last_number
            from _founded as founded
            inner join _past as past on founded.founding_key = past.identity_key
            where
                past.customer_id is not null
                and past.customer_id not in (select customer_id from _survivors)
            group by all
        ),
        former as (
            from told
            where customer_id not in (
                select customer_id from {keys}
                where
                    customer_id in (select customer_id from told)
                    and identity_key not in (from _scope)
            )
        ),
        wanted as (
            select label, age, arg_max(customer_id, last_number) as customer_id
            from former group by label, age
        )
        select customer_id, arg_min(label, age) as label from wanted group by customer_id
        """
    )


def _take_new(connection: duckdb.DuckDBPyConnection, secret: bytes, keys: str, prefix: str) -> None:
    """`_new`: the founded that are not revived, with a number that nobody else has."""
    connection.execute(
        "create or replace temp table _new as"
        " select label, customer_id, founding_key, founding_node, age from _founded"
        " anti join _revived using (label)"
    )
    living = (
        "select customer_id from _survivors union all select customer_id from _revived"
        f" union all select customer_id from {keys} where identity_key not in (from _scope)"
    )
    # a number is a hash of its founder, so only who founded a customer before can clash
    clashing = connection.execute(
        "select label, founding_key from _new where customer_id in ("
        f"select customer_id from ({living})"
        " where customer_id in (select customer_id from _past)) order by age"
    ).fetchall()
    if not clashing:
        return
    taken = connection.execute(f"{living} union all select customer_id from _new").fetchall()
    numbers = {number for (number,) in taken}
    for label, founder in clashing:
        number = _free_number(secret, prefix, founder, numbers)
        connection.execute("update _new set customer_id = ? where label = ?", [number, label])


def _free_number(secret: bytes, prefix: str, founder: str, taken: set[str]) -> str:
    """The next number that a key gives when somebody else carries on its first."""
    for turn in count(2):
        text = f"{founder}|{turn}"
        number = prefix + hmac.digest(secret, text.encode(), "sha256").hex()[:HEX_DIGITS]
        if number not in taken:
            taken.add(number)
            break
    return number
