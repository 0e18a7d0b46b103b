"""How far a change reaches: the groups whose members are to be found again."""

from __future__ import annotations

import duckdb

from orchestration.contracts.groups import HOUSEHOLD


def reach_everything(connection: duckdb.DuckDBPyConnection) -> None:
    """Every group is found again: views `_due_memberships`, `_due_homes`; `_due_groups` are old."""
    connection.execute(
        "create or replace temp table _due_groups as"
        " select group_key from identity.group_members"
        " union select identity_key from identity.group_keys"
    )
    for table in ("memberships", "homes"):
        connection.execute(f"create or replace temp view _due_{table} as from identity.{table}")


def reach_changes(connection: duckdb.DuckDBPyConnection, has_moved: bool) -> bool:
    """The groups that changed statements and moved customers reach; whether there are any.

    Of every customer of whom something changed all groups are looked at again, and all homes:
    whether a source names a customer's household decides who is found at each of them.
    """
    _take_due_members(connection, has_moved)
    connection.execute(
        """
        create or replace temp table _due_groups as
        select key as group_key from _changed_groups
        union
        select group_key from identity.memberships where member_key in (from _due_members)
        union
        select home_key from identity.homes where member_key in (from _due_members)
        """
    )
    for table, key in (("memberships", "group_key"), ("homes", "home_key")):
        connection.execute(
            f"create or replace temp view _due_{table} as from identity.{table}"
            f" where {key} in (from _due_groups)"
        )
    return bool(connection.execute("from _due_groups limit 1").fetchall())


def reach_households_of_residents(connection: duckdb.DuckDBPyConnection) -> None:
    """Add to `_due_groups` the households of all who live at the shared homes of `_due_homes`."""
    connection.execute(
        f"""
        create or replace temp table _due_groups as
        from _due_groups
        union
        select group_key from identity.memberships
        where
            kind = '{HOUSEHOLD}'
            and member_key in (
                select identity_key from identity.customer_keys
                where customer_id in (select customer_id from _shared_homes)
            )
        """
    )


def _take_due_members(connection: duckdb.DuckDBPyConnection, has_moved: bool) -> None:
    """`_due_members`: the keys of every customer of whom a key moved, or something else is said.

    The keys of who moved were all resolved; only of other customers they are looked up.
    """
    resolved = """
        union all
        select identity_key from _moved
        union all
        select identity_key from _current
        where customer_id in (
            select unnest([customer_id, other_customer_id]) from _moved
            union all
            select customer_id from _current where identity_key in (from _changed_members)
        )
    """
    unresolved = "where key not in (select identity_key from _current)"
    connection.execute(
        f"""
        create or replace temp table _due_members as
        with others as (
            select key from _changed_members {unresolved if has_moved else ""}
        )
        from _changed_members
        union all
        select identity_key from identity.customer_keys
        where customer_id in (
            select customer_id from identity.customer_keys where identity_key in (from others)
        )
        {resolved if has_moved else ""}
        """
    )
