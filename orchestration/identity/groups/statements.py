"""What contracts say of groups and homes, kept by member: what is new is read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import duckdb

from orchestration.config import IdentitySettings
from orchestration.contracts import Contract
from orchestration.identity.groups.reading import GroupReading
from orchestration.identity.tombstones import pads
from orchestration.loading.deliveries import digest

RULES = "2"  # counts up when the same records would be read otherwise
# each table, with the groups that a row of it names
STATEMENTS = {
    "memberships": "group_key",
    "group_ties": "unnest([from_key, to_key])",
    "homes": "home_key",
}


def read_statements(
    connection: duckdb.DuckDBPyConnection,
    telling: Sequence[Contract],
    settings: IdentitySettings,
    secret: bytes,
) -> bool:
    """Bring what contracts say of groups up to date; whether everybody had to be read again.

    Else the temp tables `_changed_members` and `_changed_groups` hold of whom something else is
    said than before. Everybody is read when a delivery was taken back, the rules changed or
    somebody was erased.
    """
    rules = digest(
        RULES,
        str(settings.household_limit),
        *settings.blocked_values,
        *(digest(item.text) for item in telling),
    )
    is_known = connection.execute("from identity.group_rules").fetchall() == [(rules,)]
    gone = _contracts_of(connection, "_gone_deliveries")
    if not is_known or any(item.slug in gone for item in telling):
        _read_everybody(connection, telling, settings, secret)
        connection.execute("delete from identity.group_rules")
        connection.execute("insert into identity.group_rules values (?)", [rules])
        return True
    new = _contracts_of(connection, "_new_deliveries")
    _read_named(connection, [item for item in telling if item.slug in new], settings, secret)
    return False


def _contracts_of(connection: duckdb.DuckDBPyConnection, table: str) -> set[str]:
    rows = connection.execute(f"select distinct contract from {table}").fetchall()
    return {slug for (slug,) in rows}


def _read_everybody(
    connection: duckdb.DuckDBPyConnection,
    telling: Sequence[Contract],
    settings: IdentitySettings,
    secret: bytes,
) -> None:
    readings = [GroupReading(item, settings.blocked_values) for item in telling]
    for table in STATEMENTS:
        connection.execute(f"delete from identity.{table}")
        empty = f"insert into identity.{table} from identity.{table} where false"
        _execute(connection, empty, _said(table, readings), secret)


def _read_named(
    connection: duckdb.DuckDBPyConnection,
    contracts: Sequence[Contract],
    settings: IdentitySettings,
    secret: bytes,
) -> None:
    """Read again the members whom new deliveries name, and note of whom that makes a difference."""
    readings = [
        GroupReading(item, settings.blocked_values, reads_everybody=False) for item in contracts
    ]
    named = [reading.named_members for reading in readings]
    empty = "select null::varchar as contract, null::varchar as member_key where false"
    connection.execute(
        f"create or replace temp table _named_members as {' union all '.join([empty, *named])}"
    )
    for name in ("_changed_members", "_changed_groups"):
        connection.execute(f"create or replace temp table {name} (key varchar)")
    for table in STATEMENTS if readings else ():
        _replace(connection, table, _said(table, readings), secret)


def _replace(
    connection: duckdb.DuckDBPyConnection, table: str, selects: Iterable[str], secret: bytes
) -> None:
    _execute(
        connection,
        f"create or replace temp table _staged as from identity.{table} where false",
        selects,
        secret,
    )
    connection.execute(
        f"create or replace temp table _before as from identity.{table}"
        " where (contract, member_key) in (from _named_members)"
    )
    connection.execute(
        "create or replace temp table _differing as"
        " (from _before except from _staged) union all (from _staged except from _before)"
    )
    if not connection.execute("from _differing limit 1").fetchall():
        return
    connection.execute(
        f"delete from identity.{table} where (contract, member_key) in (from _named_members)"
    )
    if connection.execute("from _staged limit 1").fetchall():
        connection.execute(f"insert into identity.{table} from _staged")
    connection.execute("insert into _changed_members select member_key from _differing")
    connection.execute(f"insert into _changed_groups select {STATEMENTS[table]} from _differing")


def _said(table: str, readings: Sequence[GroupReading]) -> Iterator[str]:
    for reading in readings:
        yield from getattr(reading, table)()


def _execute(
    connection: duckdb.DuckDBPyConnection, statement: str, selects: Iterable[str], secret: bytes
) -> None:
    """All selects by one statement: of two inserts in a transaction DuckDB 1.5.5 may lose one."""
    sql = " union all ".join([statement, *selects])
    connection.execute(sql, pads(secret) if "$outer_pad" in sql else None)
