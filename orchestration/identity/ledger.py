"""From clusters to customers: permanent numbers, and an event for every key that moved."""

from __future__ import annotations

import datetime as dt
import hmac
from dataclasses import dataclass

import duckdb

from orchestration.identity.brands import name_brand_splits
from orchestration.identity.keys import is_strong
from orchestration.identity.reasons import take_reasons

HEX_DIGITS = 20
NEXT_NUMBER = "(select coalesce(max(event_number), 0) from identity.events)"


@dataclass(frozen=True)
class Register:
    """Who is numbered: the crosswalk of their keys, where these were seen, how numbers begin.

    `comes_first` is SQL for keys that count as older than all others, whatever their time.
    """

    keys: str
    sightings: str
    prefix: str
    comes_first: str


CUSTOMERS = Register(
    "identity.customer_keys", "identity.sightings", "c_", is_strong("resolved.identity_key")
)
GROUPS = Register(
    "identity.group_keys", "_sightings", "g_", "not starts_with(resolved.identity_key, 'address:')"
)


@dataclass(frozen=True)
class Stamp:
    """What every event of a run carries; the secret makes numbers that nobody can compute."""

    run_id: str
    known_at: dt.datetime | None
    secret: bytes


def assign(
    connection: duckdb.DuckDBPyConnection, stamp: Stamp, register: Register = CUSTOMERS
) -> int:
    """Give the clusters of `_resolved` to customers; returns how many keys moved.

    Of several customers in one cluster the oldest survives; of one customer in several clusters
    the one with its oldest key keeps the number. Older is what its source created earlier, then
    the source and the key decide.
    """
    _take_people(connection, register)
    _take_claims(connection)
    _found_customers(connection, stamp.secret, register)
    _take_moves(connection)
    _number_events(connection, stamp)
    _write_events(connection, stamp)
    return _write_keys(connection, register)


def _take_people(connection: duckdb.DuckDBPyConnection, register: Register) -> None:
    """`_people`: whoever is somebody, by age (1 is the oldest); `_old`: whom each key belonged to.

    Accounts and cards come before records, whatever their time.
    """
    connection.execute(
        f"""
        create or replace temp table _people as
        with seen as (
            select identity_key, min(first_at) as first_at, min(contract) as contract
            from {register.sightings}
            where identity_key in (select identity_key from _resolved)
            group by identity_key
        )
        select
            resolved.identity_key,
            resolved.label,
            row_number() over (
                order by
                    not ({register.comes_first}),
                    seen.first_at nulls last, seen.contract, resolved.identity_key
            ) as age
        from _resolved as resolved
        inner join seen using (identity_key)
        """
    )
    connection.execute(
        f"create or replace temp table _old as select * from {register.keys}"
        " where identity_key in (from _scope)"
    )


def _take_claims(connection: duckdb.DuckDBPyConnection) -> None:
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
            inner join _old as old using (identity_key)
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


def _found_customers(
    connection: duckdb.DuckDBPyConnection, secret: bytes, register: Register
) -> None:
    """`_customers`: every cluster of somebody, with a number that lives, lived or is new.

    What a merge had united and a split sets free again gets its former number back, so that a
    wrong merge undone leaves no trace.
    """
    connection.execute(
        """
        create or replace temp table _founded as
        select label, arg_min(identity_key, age) as founding_key, min(age) as age
        from _people
        where label not in (select label from _survivors)
        group by label
        """
    )
    connection.execute(
        f"""
        create or replace temp table _revived as
        with former as (
            select founded.label, founded.age, events.customer_id, max(event_number) as last_number
            from _founded as founded
            inner join identity.events as events on founded.founding_key = events.identity_key
            where
                events.kind <> 'override'
                and events.customer_id is not null
                and events.customer_id not in (select customer_id from _survivors)
                and not exists (
                    select 1 from {register.keys} as keys
                    where
                        keys.customer_id = events.customer_id
                        and keys.identity_key not in (from _scope)
                )
            group by all
        ),
        wanted as (
            select label, age, arg_max(customer_id, last_number) as customer_id
            from former group by label, age
        )
        select customer_id, arg_min(label, age) as label from wanted group by customer_id
        """
    )
    rows = connection.execute(
        "select label, founding_key from _founded anti join _revived using (label) order by age"
    ).fetchnumpy()
    taken = connection.execute(
        "select customer_id from _survivors union select customer_id from _revived"
        f" union select customer_id from {register.keys}"
        " where identity_key not in (from _scope)"
    ).fetchall()
    numbers = Numbers(secret, register.prefix, {number for (number,) in taken})
    _keep_new(connection, numbers, rows["label"], rows["founding_key"])


@dataclass(frozen=True)
class Numbers:
    """Permanent numbers: a prefix and hex digits of an HMAC of the founding key."""

    secret: bytes
    prefix: str
    taken: set[str]

    def of(self, founder: str) -> str:
        """The number of a founder; one that somebody else carries on is passed over."""
        text, turn = founder, 1
        while True:
            number = f"{self.prefix}{self._digits(text)}"
            if number not in self.taken:
                self.taken.add(number)
                return number
            turn += 1
            text = f"{founder}|{turn}"

    def _digits(self, text: str) -> str:
        return hmac.digest(self.secret, text.encode(), "sha256").hex()[:HEX_DIGITS]


def _keep_new(
    connection: duckdb.DuckDBPyConnection, numbers: Numbers, labels: object, founders: object
) -> None:
    import pyarrow as pa

    keys = pa.array(founders, pa.string()).to_pylist()
    new = pa.table(  # noqa: F841 - DuckDB reads it by name
        {
            "label": pa.array(labels, pa.int64()),
            "customer_id": pa.array(map(numbers.of, keys), pa.string()),
            "founding_key": pa.array(keys, pa.string()),
        }
    )
    connection.execute(
        """
        create or replace temp table _customers as
        select label, customer_id, founding_key, 'survives' as origin from _survivors
        union all
        select label, revived.customer_id, first.identity_key, 'revived'
        from _revived as revived
        inner join (
            select customer_id, arg_min(identity_key, event_number) as identity_key
            from identity.events
            where kind <> 'override' and customer_id in (select customer_id from _revived)
            group by customer_id
        ) as first on revived.customer_id = first.customer_id
        union all
        select label, customer_id, founding_key, 'new' from new
        """
    )


def _take_moves(connection: duckdb.DuckDBPyConnection) -> None:
    """`_moves`: each key of the scope whose customer is another than before, and why."""
    connection.execute(
        """
        create or replace temp table _current as
        select resolved.identity_key, customers.customer_id, customers.founding_key
        from _resolved as resolved
        inner join _customers as customers using (label)
        """
    )
    connection.execute(
        """
        create or replace temp table _moves as
        select
            case
                when current.customer_id is null then 'split'
                when old.customer_id is null and current.identity_key = current.founding_key
                    then 'create'
                when old.customer_id is null then 'link'
                when old.customer_id in (select customer_id from _customers) then 'split'
                else 'merge'
            end as kind,
            identity_key,
            current.customer_id,
            old.customer_id as other_customer_id,
            identity_key is not distinct from current.founding_key as is_founder
        from _current as current
        full join _old as old using (identity_key)
        where current.customer_id is distinct from old.customer_id
        """
    )


def _number_events(connection: duckdb.DuckDBPyConnection, stamp: Stamp) -> None:
    """`_events`: one a move, with its strongest evidence; of a customer its founder first."""
    take_reasons(connection)
    name_brand_splits(connection)
    connection.execute(
        f"""
        create or replace temp table _events as
        select
            {NEXT_NUMBER} + row_number() over (
                order by customer_id nulls last, not is_founder, kind, identity_key
            ) as event_number,
            $run_id as run_id, $known_at::timestamp as known_at, kind, identity_key, customer_id,
            other_customer_id, rule, from_key, to_key, source, probability
        from _reasoned
        """,
        {"run_id": stamp.run_id, "known_at": stamp.known_at},
    )


def _write_events(connection: duckdb.DuckDBPyConnection, stamp: Stamp) -> None:
    """One event a decision that came, or was taken back; all events are written by one insert."""
    connection.execute(
        f"""
        insert into identity.events
        from _events
        union all
        select
            {NEXT_NUMBER} + (select count(*) from _events)
            + row_number() over (order by is_new, action, identity_key, other),
            $run_id, $known_at, 'override', identity_key, customer_id, null,
            case when is_new then action else action || ' taken back' end,
            identity_key, other, 'overrides', null
        from (
            select changed.*, nullif(other_identity_key, '') as other, current.customer_id
            from _changed_overrides as changed
            left join _current as current using (identity_key)
        )
        order by event_number
        """,
        {"run_id": stamp.run_id, "known_at": stamp.known_at},
    )


def _write_keys(connection: duckdb.DuckDBPyConnection, register: Register) -> int:
    """Bring the crosswalk up to the ledger's last word; keys that stay keep their row."""
    connection.execute(
        f"delete from {register.keys} where identity_key in (select identity_key from _moves)"
    )
    connection.execute(
        f"""
        insert into {register.keys}
        select
            current.identity_key, current.customer_id, current.founding_key,
            coalesce(earlier.run_id, events.run_id), events.event_number, events.known_at
        from _current as current
        inner join _events as events on current.identity_key = events.identity_key
        left join (
            select identity_key, arg_min(run_id, event_number) as run_id
            from identity.events
            where
                event_number < (select min(event_number) from _events)
                and kind <> 'override'
                and identity_key in (select identity_key from _moves)
            group by identity_key
        ) as earlier
            on current.identity_key = earlier.identity_key
        order by current.identity_key
        """
    )
    return int(connection.execute("select count(*) from _moves").fetchall()[0][0])
