"""Groups brought up to date: who is in which, and a permanent number for each."""

from __future__ import annotations

from collections.abc import Iterable

import duckdb

from orchestration.config import IdentitySettings
from orchestration.contracts import Contract
from orchestration.contracts.groups import group_columns_of, home_of
from orchestration.identity.groups.found import find_households, take_shared_homes
from orchestration.identity.groups.graph import take_graph
from orchestration.identity.groups.reach import (
    reach_changes,
    reach_everything,
    reach_households_of_residents,
)
from orchestration.identity.groups.statements import read_statements
from orchestration.identity.ledger import GROUPS, Stamp, assign

SHARED_ACCOUNT = "joint_account"


def update_groups(
    connection: duckdb.DuckDBPyConnection,
    contracts: Iterable[Contract],
    settings: IdentitySettings,
    stamp: Stamp,
    has_moved: bool,
) -> int:
    """Bring groups up to date with raw and with who is one customer; returns how many keys moved.

    Found again are the groups that new statements and moved customers reach, all others stay.
    """
    telling = [item for item in contracts if tells_of_groups(item)]
    if read_statements(connection, telling, settings, stamp.secret):
        reach_everything(connection)
        take_shared_homes(connection, settings.household_limit)
    elif reach_changes(connection, has_moved):
        take_shared_homes(connection, settings.household_limit)
        reach_households_of_residents(connection)
    else:
        return 0
    _find_members(connection)
    take_graph(connection)
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
    telling = [item for item in contracts if tells_of_groups(item)]
    read_statements(connection, telling, settings, secret)
    reach_everything(connection)
    take_shared_homes(connection, settings.household_limit)
    _find_members(connection)


def tells_of_groups(contract: Contract) -> bool:
    """Whether records of a contract name groups, or homes by which households are found."""
    return bool(group_columns_of(contract) or home_of(contract))


def _find_members(connection: duckdb.DuckDBPyConnection) -> None:
    _take_named(connection)
    find_households(connection)
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
            select distinct member_key, group_key from _due_memberships where is_registered
        ),
        known as (
            select memberships.*, keys.customer_id
            from _due_memberships as memberships
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
    """What was found takes the place of what was known of the groups found again."""
    for table, key, found in (
        (
            "group_members",
            "group_key",
            "select distinct member_key, group_key, role, valid_from, valid_to, rule, contract"
            " from _members",
        ),
        ("attached_homes", "address_key", "from _attached"),
    ):
        connection.execute(f"delete from identity.{table} where {key} in (from _due_groups)")
        connection.execute(f"insert into identity.{table} {found}")
