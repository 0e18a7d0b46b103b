"""From clusters to customers: permanent numbers, and an event for every key that moved."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import duckdb

from orchestration.identity.brands import name_brand_splits
from orchestration.identity.keys import is_strong
from orchestration.identity.numbers import number_customers
from orchestration.identity.reasons import take_reasons

NEXT_NUMBER = "(select coalesce(max(event_number), 0) from identity.events)"


@dataclass(frozen=True)
class Register:
    """Who is numbered: the crosswalk of their keys, and how their numbers begin.

    `comes_first` is SQL for keys that count as older than all others, whatever their time.
    """

    keys: str
    prefix: str
    comes_first: str


CUSTOMERS = Register("identity.customer_keys", "c_", is_strong("identity_key"))
# the rule of an event `override`
SAID = "case when is_new then action else action || ' taken back' end"
GROUPS = Register("identity.group_keys", "g_", "not starts_with(identity_key, 'address:')")


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
    the source and the key decide. Evidence is taken from `_numbered`.
    """
    _take_people(connection, register)
    number_customers(connection, stamp.secret, register.keys, register.prefix)
    _take_moves(connection)
    take_reasons(connection)
    name_brand_splits(connection)
    _write_events(connection, stamp)
    return _write_keys(connection, stamp, register)


def _take_people(connection: duckdb.DuckDBPyConnection, register: Register) -> None:
    """`_people`: whoever is somebody, by age (1 is the oldest); `_old`: whom each key belonged to.

    Accounts and cards come before records, whatever their time.
    """
    connection.execute(
        f"""
        create or replace temp table _people as
        select
            node,
            label,
            row_number() over (
                order by not ({register.comes_first}), first_at nulls last, contract, node
            ) as age
        from _resolved
        where contract is not null
        """
    )
    connection.execute(
        f"""
        create or replace temp table _old as
        with keys as materialized (
            select identity_key, customer_id, founding_key from {register.keys}
            where identity_key in (from _scope)
        )
        select keys.*, resolved.node, resolved.label
        from keys
        left join _resolved as resolved using (identity_key)
        """
    )


def _take_moves(connection: duckdb.DuckDBPyConnection) -> None:
    """`_moves`: each key of the scope whose customer is another than before, numbered as its event.

    Events are in the order of customers, of a customer its founder first. With their texts these
    are the view `_moved`; the view `_current` has whose each key is now.
    """
    connection.execute(
        """
        create or replace temp view _current as
        select resolved.identity_key, resolved.node, resolved.label, customers.customer_id
        from _resolved as resolved
        inner join _customers as customers using (label)
        """
    )
    connection.execute(
        f"""
        create or replace temp table _moves as
        with fresh as (
            select
                case when node = founding_node then 'create' else 'link' end as kind,
                node, label, place, node = founding_node as is_founder,
                null::varchar as identity_key, null::varchar as other_customer_id
            from _resolved
            inner join _customers using (label)
            where node not in (select node from _old where node is not null)
        ),
        changed as (
            select
                case
                    when old.customer_id in (select customer_id from _customers) then 'split'
                    else 'merge'
                end as kind,
                old.node, label, place, old.node is not distinct from founding_node as is_founder,
                old.identity_key, old.customer_id as other_customer_id
            from _old as old
            inner join _customers as customers using (label)
            where customers.customer_id <> old.customer_id
        ),
        nobodys as (
            select
                'split' as kind, row_number() over (order by identity_key) as node,
                null::bigint as label, null::bigint as place, false as is_founder,
                identity_key, customer_id as other_customer_id
            from _old
            where label is null or label not in (select label from _customers)
        )
        select
            *,
            {NEXT_NUMBER} + row_number() over (
                order by place nulls last, not is_founder, ascii(kind), node
            ) as event_number
        from (from fresh union all from changed union all from nobodys)
        """
    )
    connection.execute(
        """
        create or replace temp view _moved as
        select
            moves.* exclude (identity_key),
            coalesce(moves.identity_key, resolved.identity_key) as identity_key,
            customers.customer_id, customers.founding_key
        from _moves as moves
        left join _customers as customers using (label)
        left join _resolved as resolved on moves.node = resolved.node
        """
    )


def _write_events(connection: duckdb.DuckDBPyConnection, stamp: Stamp) -> None:
    """One event a move, with its strongest evidence; one a decision that came, or was taken back.

    All are written by one insert: of two in a transaction DuckDB 1.5.5 may lose the second. After a
    rebuild the ledger knows the decisions already, and they are not told again.
    """
    connection.execute(
        f"""
        insert into identity.events
        select
            event_number, $run_id, $known_at::timestamp, kind, identity_key, customer_id,
            other_customer_id, rule, from_key, to_key, source, probability
        from _reasoned
        union all
        select
            {NEXT_NUMBER} + (select count(*) from _moves)
            + row_number() over (order by is_new, action, identity_key, other),
            $run_id, $known_at, 'override', identity_key, customer_id, null,
            {SAID}, identity_key, other, 'overrides', null
        from (
            select changed.*, nullif(other_identity_key, '') as other, current.customer_id
            from _changed_overrides as changed
            left join _current as current using (identity_key)
        ) as _decided
        where {SAID} is distinct from (
            select arg_max(told.rule, told.event_number) from identity.events as told
            where
                told.kind = 'override'
                and told.identity_key = _decided.identity_key
                and told.evidence_to is not distinct from _decided.other
                and starts_with(told.rule, _decided.action)
        )
        """,
        {"run_id": stamp.run_id, "known_at": stamp.known_at},
    )


def _write_keys(connection: duckdb.DuckDBPyConnection, stamp: Stamp, register: Register) -> int:
    """Bring the crosswalk up to the ledger's last word; keys that stay keep their row."""
    connection.execute(
        f"delete from {register.keys} where identity_key in"
        " (select identity_key from _moves where identity_key is not null)"
    )
    connection.execute(
        f"""
        insert into {register.keys}
        select
            identity_key, moved.customer_id, founding_key, coalesce(earlier.run_id, $run_id),
            moved.event_number, $known_at
        from _moved as moved
        left join (
            select identity_key, arg_min(run_id, event_number) as run_id
            from _past group by identity_key
        ) as earlier using (identity_key)
        where moved.customer_id is not null
        """,
        {"run_id": stamp.run_id, "known_at": stamp.known_at},
    )
    return int(connection.execute("select count(*) from _moves").fetchall()[0][0])
