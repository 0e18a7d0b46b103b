"""The groups that a change reaches, with what ties them, as the ledger's rules of numbers ask."""

from __future__ import annotations

import duckdb

from orchestration.contracts.groups import ADDRESS
from orchestration.identity.tables import clear_decisions


def take_graph(connection: duckdb.DuckDBPyConnection) -> None:
    """What `assign` needs: the groups by key, their ages, and what ties their keys."""
    from ml.identity import components

    _take_scope(connection)
    _take_nodes(connection)
    _take_edges(connection)
    ends = connection.execute("select a, b from _numbered").fetchnumpy()
    row = connection.execute("select count(*) from _group_nodes").fetchall()
    _keep_clusters(connection, components(int(row[0][0]), ends["a"], ends["b"]))
    clear_decisions(connection)


def _take_scope(connection: duckdb.DuckDBPyConnection) -> None:
    """`_scope`: the groups found again, all that ties lead to from there, and what was one with it.

    A group that came or went changes which ties hold, so these are followed to their ends.
    """
    connection.execute(
        """
        create or replace temp table _scope as
        with recursive ties as (
            select from_key as key, to_key as other from identity.group_ties
            union
            select to_key, from_key from identity.group_ties
        ),
        reached (identity_key) as (
            (from _due_groups union select group_key from _members)
            union
            select ties.other
            from reached
            inner join ties on reached.identity_key = ties.key
        )
        from reached
        union
        select identity_key from identity.group_keys
        where customer_id in (
            select customer_id from identity.group_keys where identity_key in (from reached)
        )
        """
    )


def _take_nodes(connection: duckdb.DuckDBPyConnection) -> None:
    """`_group_nodes`: groups that have members, and keys that these are tied to."""
    connection.execute(
        """
        create or replace temp table _group_nodes as
        with sightings as (
            select
                group_key as identity_key, min(valid_from)::timestamp as first_at,
                min(contract) as contract
            from identity.group_members
            where group_key in (from _scope)
            group by group_key
        ),
        known as (
            from sightings
            union all
            select to_key, null, min(contract) from identity.group_ties
            where
                from_key in (select identity_key from sightings)
                and to_key not in (select identity_key from sightings)
            group by to_key
        )
        select *, row_number() over (order by identity_key) - 1 as node from known
        """
    )


def _take_edges(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute(
        f"""
        create or replace temp table _numbered as
        with edges as (
            select from_key, to_key, rule, contract as source, 10 as strength
            from identity.group_ties
            union all
            select address_key, household_key, '{ADDRESS}', contract, 5
            from identity.attached_homes
        )
        select
            a.node as a, b.node as b, rule, source, strength,
            null::double as since, null::double as probability
        from edges
        inner join _group_nodes as a on from_key = a.identity_key
        inner join _group_nodes as b on to_key = b.identity_key
        """
    )


def _keep_clusters(connection: duckdb.DuckDBPyConnection, labels: object) -> None:
    import pyarrow as pa

    found = pa.table({"label": pa.array(labels)})  # noqa: F841 - DuckDB reads it by name
    connection.execute(
        "create or replace temp table _resolved as"
        " select nodes.*, labels.label from _group_nodes as nodes"
        " inner join (select row_number() over () - 1 as node, label from found) as labels"
        " using (node)"
    )
