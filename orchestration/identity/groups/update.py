"""Groups brought up to date: who is in which, and a permanent number for each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import duckdb

from orchestration.config import IdentitySettings
from orchestration.contracts import Contract
from orchestration.contracts.groups import ADDRESS, group_columns_of, home_of
from orchestration.identity.groups.found import find_households
from orchestration.identity.groups.reading import GroupReading
from orchestration.identity.ledger import GROUPS, Stamp, assign
from orchestration.identity.tables import clear_decisions
from orchestration.identity.tombstones import pads
from orchestration.loading.deliveries import digest

RULES = "1"  # counts up when the same records would be read otherwise
SHARED_ACCOUNT = "joint_account"
STATEMENTS = ("memberships", "group_ties", "homes")


def update_groups(
    connection: duckdb.DuckDBPyConnection,
    contracts: Iterable[Contract],
    settings: IdentitySettings,
    stamp: Stamp,
    has_moved: bool,
) -> int:
    """Bring groups up to date with raw and with who is one customer; returns how many keys moved.

    Read again is who is named by a new delivery; everybody, when a delivery was taken back, the
    rules changed or somebody was erased. Where nothing is new and nobody moved, nothing is done.
    """
    telling = [item for item in contracts if tells_of_groups(item)]
    if not _read(connection, telling, settings, stamp.secret) and not has_moved:
        return 0
    _find_members(connection, settings)
    _take_graph(connection)
    return assign(connection, stamp, GROUPS)


def find_members(
    connection: duckdb.DuckDBPyConnection,
    contracts: Iterable[Contract],
    settings: IdentitySettings,
    secret: bytes,
) -> None:
    """Find again who is in which group, where the ledger was replayed and raw is loaded."""
    for table in ("_new_deliveries", "_gone_deliveries"):
        connection.execute(
            f"create or replace temp table {table} (delivery_id varchar, contract varchar)"
        )
    _read(connection, [item for item in contracts if tells_of_groups(item)], settings, secret)
    _find_members(connection, settings)


def tells_of_groups(contract: Contract) -> bool:
    """Whether records of a contract name groups, or homes by which households are found."""
    return bool(group_columns_of(contract) or home_of(contract))


def _read(
    connection: duckdb.DuckDBPyConnection,
    telling: Sequence[Contract],
    settings: IdentitySettings,
    secret: bytes,
) -> bool:
    """Bring what contracts say of groups up to date; whether there was anything to read."""
    said = [digest(item.text) for item in telling]
    limit = str(settings.household_limit)
    rules = digest(RULES, limit, *settings.blocked_values, *said)
    new, gone = (
        _contracts_of(connection, table) for table in ("_new_deliveries", "_gone_deliveries")
    )
    is_known = connection.execute("from identity.group_rules").fetchall() == [(rules,)]
    reads_everybody = not is_known or any(item.slug in gone for item in telling)
    if not is_known:
        _forget_all(connection)
    due = [item for item in telling if reads_everybody or item.slug in new]
    for contract in due:
        _read_contract(
            connection, GroupReading(contract, settings.blocked_values, reads_everybody), secret
        )
    connection.execute("delete from identity.group_rules")
    connection.execute("insert into identity.group_rules values (?)", [rules])
    return bool(due)


def _contracts_of(connection: duckdb.DuckDBPyConnection, table: str) -> set[str]:
    rows = connection.execute(f"select distinct contract from {table}").fetchall()
    return {slug for (slug,) in rows}


def _forget_all(connection: duckdb.DuckDBPyConnection) -> None:
    for table in STATEMENTS:
        connection.execute(f"delete from identity.{table}")


def _read_contract(
    connection: duckdb.DuckDBPyConnection, reading: GroupReading, secret: bytes
) -> None:
    connection.execute(f"create or replace temp table _due_members as {reading.due_members}")
    slug = reading.contract.slug
    due = "" if reading.reads_everybody else " and member_key in (from _due_members)"
    for table in STATEMENTS:
        selects = list(getattr(reading, table)())
        if not selects:
            continue
        connection.execute(f"delete from identity.{table} where contract = ?{due}", [slug])
        for select in selects:
            parameters = pads(secret) if table == "homes" else None
            connection.execute(f"insert into identity.{table} {select}", parameters)


def _find_members(connection: duckdb.DuckDBPyConnection, settings: IdentitySettings) -> None:
    _take_named(connection)
    find_households(connection, settings.household_limit)
    _keep_members(connection)


def _take_named(connection: duckdb.DuckDBPyConnection) -> None:
    """`_members`: memberships that sources name, of customers that exist.

    What a register says of a member and a group outweighs what other records say of both. An
    account with one holder is no group.
    """
    connection.execute(
        f"""
        create or replace temp table _members as
        with registered as (
            select distinct member_key, group_key from identity.memberships where is_registered
        ),
        known as (
            select memberships.*, keys.customer_id
            from identity.memberships as memberships
            inner join identity.customer_keys as keys
                on memberships.member_key = keys.identity_key
            where
                is_registered
                or (memberships.member_key, memberships.group_key) not in (from registered)
        )
        select
            member_key, customer_id, group_key, kind, role, valid_from, valid_to,
            'named' as rule, contract
        from known
        where
            kind <> '{SHARED_ACCOUNT}'
            or group_key in (
                select group_key from known group by group_key
                having count(distinct customer_id) > 1
            )
        """
    )


def _keep_members(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("delete from identity.group_members")
    connection.execute(
        "insert into identity.group_members"
        " select distinct member_key, group_key, role, valid_from, valid_to, rule, contract"
        " from _members"
    )


def _take_graph(connection: duckdb.DuckDBPyConnection) -> None:
    """What `assign` needs: the groups by key, their ages, and what ties their keys."""
    from ml.identity import components

    connection.execute(
        """
        create or replace temp table _group_nodes as
        with sightings as (
            select
                group_key as identity_key, min(valid_from)::timestamp as first_at,
                min(contract) as contract
            from _members group by group_key
            union all
            select to_key, null, min(contract) from identity.group_ties
            where
                from_key in (select group_key from _members)
                and to_key not in (select group_key from _members)
            group by to_key
        )
        select *, row_number() over (order by identity_key) - 1 as node from sightings
        """
    )
    connection.execute(
        f"""
        create or replace temp table _numbered as
        with edges as (
            select from_key, to_key, rule, contract as source, 10 as strength
            from identity.group_ties
            where not starts_with(from_key, '{ADDRESS}:')
            union all
            select address_key, household_key, '{ADDRESS}', contract, 5 from _attached
        )
        select
            a.node as a, b.node as b, rule, source, strength,
            null::double as since, null::double as probability
        from edges
        inner join _group_nodes as a on from_key = a.identity_key
        inner join _group_nodes as b on to_key = b.identity_key
        """
    )
    ends = connection.execute("select a, b from _numbered").fetchnumpy()
    row = connection.execute("select count(*) from _group_nodes").fetchall()
    _keep_clusters(connection, components(int(row[0][0]), ends["a"], ends["b"]))
    connection.execute(
        "create or replace temp table _scope as select identity_key from _group_nodes"
        " union select identity_key from identity.group_keys"
    )
    clear_decisions(connection)


def _keep_clusters(connection: duckdb.DuckDBPyConnection, labels: object) -> None:
    import pyarrow as pa

    found = pa.table({"label": pa.array(labels)})  # noqa: F841 - DuckDB reads it by name
    connection.execute(
        "create or replace temp table _resolved as"
        " select nodes.*, labels.label from _group_nodes as nodes"
        " inner join (select row_number() over () - 1 as node, label from found) as labels"
        " using (node)"
    )
