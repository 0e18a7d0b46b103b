"""A person erased from the ledger: keyed tombstones take the place of the keys, everywhere."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb

from orchestration.errors import ConfigurationError
from orchestration.history.outputs import forget_outputs
from orchestration.identity.archive import export_ledger
from orchestration.identity.keys import is_within_brand, plain_key
from orchestration.identity.ledger import NEXT_NUMBER, Stamp
from orchestration.identity.numbers import check_secret
from orchestration.identity.tables import create_identity_tables
from orchestration.identity.tombstones import (
    ERASE,
    TOMBSTONES,
    forget_keys,
    has_tombstones,
    pads,
    tombstone,
    tombstone_of,
)
from orchestration.sql import literal, transaction
from orchestration.workspace import Workspace, kept_file

MASKED = ("identity_key", "evidence_from", "evidence_to")


@dataclass(frozen=True)
class Erasure:
    """What was erased: the customer, null where that had been done, and how many keys."""

    customer_id: str | None
    keys: int


def erase(
    connection: duckdb.DuckDBPyConnection, workspace: Workspace, key: str, stamp: Stamp
) -> Erasure:
    """Erase the customer to whom a key leads from the ledger and its archive, and from outputs.

    Every key of the customer becomes a tombstone: its records tie nothing and make no customer any
    more, also when they are delivered again. Raw and all that is built from it are not touched;
    the next run resolves anew whoever was tied to the customer.
    """
    create_identity_tables(connection)
    check_secret(connection, stamp.secret)
    customer_id = _customer_of(connection, key)
    if customer_id is None and not _is_erased(connection, key, stamp.secret):
        raise ConfigurationError(
            f"{key} is no key or customer of this warehouse: give a key as account_id:4711, or a"
            " customer_id."
        )
    _note(workspace, stamp)
    count = 0
    if customer_id is not None:
        with transaction(connection):
            count = _erase_customer(connection, customer_id, stamp)
    rewrite_archive(connection, workspace, stamp.secret)
    export_ledger(connection, workspace)
    forget_outputs(connection, workspace)
    return Erasure(customer_id, count)


def rewrite_archive(
    connection: duckdb.DuckDBPyConnection, workspace: Workspace, secret: bytes
) -> None:
    """Put tombstones in the place of erased keys in every archived file that names one."""
    if not has_tombstones(connection):
        return
    for path in sorted(workspace.ledger.glob("[0-9]*.parquet")):
        if _names_erased(connection, path, secret):
            _rewrite(connection, path, secret)


def _note(workspace: Workspace, stamp: Stamp) -> None:
    """Have the next run work; noted first, so that a killed erasure cannot leave it out."""
    path = workspace.erasures
    known = path.read_text("utf-8") if path.exists() else ""
    with kept_file(path) as noted:
        noted.write_text(f"{known}{stamp.run_id}\n", "utf-8")


def _customer_of(connection: duckdb.DuckDBPyConnection, key: str) -> str | None:
    rows = connection.execute(
        "select customer_id from identity.customer_keys"
        " where $key in (identity_key, customer_id) limit 1",
        {"key": key},
    ).fetchall()
    return rows[0][0] if rows else None


def _is_erased(connection: duckdb.DuckDBPyConnection, key: str, secret: bytes) -> bool:
    """Whether the key was erased before: then what a killed erasure left is finished."""
    sql = f"select 1 from {TOMBSTONES} where identity_key = ? limit 1"
    return bool(connection.execute(sql, [tombstone(secret, key)]).fetchall())


def _erase_customer(connection: duckdb.DuckDBPyConnection, customer_id: str, stamp: Stamp) -> int:
    connection.execute(
        f"""
        create or replace temp table _erased as
        with own as (
            select identity_key from identity.customer_keys where customer_id = ?
        )
        from own
        union
        -- an address that ties nobody any more does so in no brand
        select identity_key from identity.events
        where {is_within_brand("identity_key")} and {plain_key("identity_key")} in (from own)
        """,
        [customer_id],
    )
    connection.execute(
        f"create or replace temp table _tombs as"
        f" select identity_key, {tombstone_of('identity_key')} as tombstone from _erased",
        pads(stamp.secret),
    )
    _keep_neighbours(connection)
    forget_keys(connection)
    connection.execute("delete from identity.group_rules")
    for table, column in (
        *(("events", name) for name in MASKED),
        ("nodes", "component"),
        ("customer_keys", "founding_key"),
        ("group_members", "member_key"),
    ):
        connection.execute(
            f"update identity.{table} set {column} = tombstone from _tombs as tombs"
            f" where {table}.{column} = tombs.identity_key"
        )
    return _write_events(connection, customer_id, stamp)


def _keep_neighbours(connection: duckdb.DuckDBPyConnection) -> None:
    """`identity.pending`: what hung together with the erased is resolved again by the next run."""
    connection.execute(
        """
        insert into identity.pending
        select identity_key from (
            select unnest([from_key, to_key]) as identity_key from identity.evidence
            where from_key in (from _erased) or to_key in (from _erased)
            union
            select identity_key from identity.nodes
            where component in (
                select component from identity.nodes where identity_key in (from _erased)
            )
        )
        where identity_key not in (from _erased)
        """
    )


def _write_events(connection: duckdb.DuckDBPyConnection, customer_id: str, stamp: Stamp) -> int:
    """One event a key: the last word on its tombstone is that it belongs to nobody."""
    connection.execute(
        f"""
        insert into identity.events
        select
            {NEXT_NUMBER} + row_number() over (order by tombstone),
            $run_id, $known_at, '{ERASE}', tombstone, null, $customer_id, 'erased',
            null, null, null, null
        from _tombs
        """,
        {"run_id": stamp.run_id, "known_at": stamp.known_at, "customer_id": customer_id},
    )
    return int(connection.execute("select count(*) from _tombs").fetchall()[0][0])


def _names_erased(connection: duckdb.DuckDBPyConnection, path: Path, secret: bytes) -> bool:
    keys = " or ".join(f"{tombstone_of(name)} in {TOMBSTONES}" for name in MASKED)
    sql = f"select 1 from read_parquet({literal(path)}) where {keys} limit 1"
    return bool(connection.execute(sql, pads(secret)).fetchall())


def _rewrite(connection: duckdb.DuckDBPyConnection, path: Path, secret: bytes) -> None:
    """The same events under tombstones, whole at every moment."""
    masks = ", ".join(
        f"case when {tombstone_of(name)} in {TOMBSTONES} then {tombstone_of(name)}"
        f" else {name} end as {name}"
        for name in MASKED
    )
    connection.execute(
        f"create or replace temp table _rewritten as select * replace ({masks})"
        f" from read_parquet({literal(path)})",
        pads(secret),
    )
    with kept_file(path) as rewritten:
        connection.execute(
            f"copy (from _rewritten order by event_number) to {literal(rewritten)}"
            " (format parquet, compression zstd)"
        )
