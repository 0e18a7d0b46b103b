"""The part of the graph that a run touches, and the clusters it falls into."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb

from orchestration.config import IdentitySettings
from orchestration.contracts.identifiers import BROWSER_KINDS
from orchestration.identity.brands import find_brand_conflicts
from orchestration.identity.conflicts import find_conflicts
from orchestration.identity.evidence import accepted
from orchestration.identity.keys import is_strong
from orchestration.identity.overrides import ALWAYS_LINK, SPLIT
from orchestration.identity.reading import CONFIRMED
from orchestration.sql import literal

if TYPE_CHECKING:
    from ml.identity import Evidence

# The priority of definitions.md; a value that its owner confirmed is worth more than one that
# nobody doubts, and what is merely likely is worth less than any key.
STRENGTHS = {
    "loyalty_id": 90,
    "account_id": 80,
    "email": 60,
    "phone": 40,
    "card_token": 30,
    **dict.fromkeys(BROWSER_KINDS, 20),
}
CONFIRMED_BONUS, LIKELY_STRENGTH, DECIDED_STRENGTH = 5, 10, 1000
LEAST_OF_KEYS = min(STRENGTHS.values())
LIKELY = "likely"
MOST_TOGETHER = 5000


def resolve(connection: duckdb.DuckDBPyConnection, settings: IdentitySettings) -> None:
    """Clusters of all that `_scope` holds, as temp table `_resolved` of keys and labels."""
    take_edges(connection)
    count = _take_nodes(connection)
    _take_components(connection, count)
    _keep_components(connection)
    _solve(connection, settings, count)
    connection.execute(
        "create or replace temp table _resolved as"
        " select identity_key, label from _nodes inner join _labels using (node)"
    )


def resolve_keys(connection: duckdb.DuckDBPyConnection, settings: IdentitySettings) -> None:
    """The clusters by keys alone: temp tables `_nodes` and, of their labels, `_labels`.

    `_numbers` labels alike the nodes of which one record states the other's number.
    """
    from ml.identity import components

    take_edges(connection)
    connection.execute(f"delete from _edges where rule = '{LIKELY}'")
    count = _take_nodes(connection)
    _take_components(connection, count)
    _solve(connection, settings, count)
    numbered = _ends(connection, is_strong("to_key"))
    _keep_labels(connection, "_numbers", components(count, *numbered))


def take_edges(connection: duckdb.DuckDBPyConnection) -> None:
    """Everything that ties keys of `_scope`, as temp table `_edges`, whatever speaks against it."""
    strength = " ".join(f"when {literal(kind)} then {value}" for kind, value in STRENGTHS.items())
    connection.execute(
        f"""
        create or replace temp table _edges as
        with excluded as (
            select identity_key from identity.hubs
            union
            select identity_key from identity.overrides where action = '{SPLIT}'
        ),
        ties as (
            select
                from_key, to_key, kind as rule, contract as source,
                case kind {strength} end
                + case when verified = {CONFIRMED} then {CONFIRMED_BONUS} else 0 end as strength,
                epoch(seen_at) as since, false as is_forced, false as is_weak,
                verified = {CONFIRMED} as is_confirmed, null::double as probability
            from ({accepted("where from_key in (from _scope)")})
            union all
            select
                record_a, record_b, '{LIKELY}', null, probability * {LIKELY_STRENGTH}, null,
                false, true, false, probability
            from identity.linked_pairs
            where record_a in (from _scope)
        )
        select * from ties
        where from_key not in (from excluded) and to_key not in (from excluded)
        union all
        select
            identity_key, other_identity_key, '{ALWAYS_LINK}', 'overrides', {DECIDED_STRENGTH},
            null, true, false, false, null
        from identity.overrides
        where action = '{ALWAYS_LINK}' and identity_key in (from _scope)
        """
    )


def _take_nodes(connection: duckdb.DuckDBPyConnection) -> int:
    """The keys that are somebody, or hang on somebody, numbered by their text; how many."""
    connection.execute(
        f"""
        create or replace temp table _nodes as
        with people as (
            select distinct identity_key from identity.sightings
            where identity_key in (from _scope)
        ),
        known as (
            select identity_key from people
            union
            select to_key from _edges
            where rule not in ('{LIKELY}', '{ALWAYS_LINK}') and from_key in (from people)
        )
        select
            identity_key,
            row_number() over (order by identity_key) - 1 as node
        from known
        """
    )
    connection.execute(
        """
        create or replace temp table _numbered as
        select edges.*, a.node as a, b.node as b
        from _edges as edges
        inner join _nodes as a on edges.from_key = a.identity_key
        inner join _nodes as b on edges.to_key = b.identity_key
        """
    )
    return int(connection.execute("select count(*) from _nodes").fetchall()[0][0])


def _take_components(connection: duckdb.DuckDBPyConnection, count: int) -> None:
    """`_components`: what hangs together, whatever speaks against it."""
    from ml.identity import components

    _keep_labels(connection, "_components", components(count, *_ends(connection, "true")))


def _solve(connection: duckdb.DuckDBPyConnection, settings: IdentitySettings, count: int) -> None:
    from ml.identity import clusters, components

    for strength in (LEAST_OF_KEYS, STRENGTHS["account_id"]):
        if _cut_chains(connection, strength):
            _take_components(connection, count)
    between = f"{is_strong('from_key')} and {is_strong('to_key')}"
    stated = _ends(connection, f"{between} and not is_weak")
    _keep_labels(connection, "_stated", components(count, *stated))
    find_brand_conflicts(connection)
    conflicts = find_conflicts(connection)
    labels = clusters(count, _evidence(connection), conflicts, settings.most_keys)
    _keep_labels(connection, "_labels", labels)


def _keep_components(connection: duckdb.DuckDBPyConnection) -> None:
    """Keep the components: so far does a later change reach."""
    connection.execute("delete from identity.nodes where identity_key in (from _scope)")
    connection.execute(
        "insert into identity.nodes select nodes.identity_key, first.identity_key"
        " from _nodes as nodes"
        " inner join _components using (node)"
        " inner join _nodes as first on _components.label = first.node"
    )


def _cut_chains(connection: duckdb.DuckDBPyConnection, strength: float) -> bool:
    """Of a component that no person can be, believe only evidence of at least this strength.

    Such a chain of shared addresses and numbers would have to be compared record by record.
    Returns whether there was one.
    """
    row = connection.execute(
        f"""
        delete from _numbered
        where
            strength < {strength}
            and a in (
                select node from _components
                where label in (
                    select label from _components group by label
                    having count(*) > {MOST_TOGETHER}
                )
            )
        """
    ).fetchone()
    return bool(row and row[0])


def _evidence(connection: duckdb.DuckDBPyConnection) -> Evidence:
    from ml.identity import Evidence

    columns = connection.execute(
        "select a, b, strength::double as strength, coalesce(since, 'nan'::double) as since,"
        " is_forced, is_weak from _numbered"
    ).fetchnumpy()
    return Evidence(
        left=columns["a"],
        right=columns["b"],
        strength=columns["strength"],
        since=columns["since"],
        is_forced=columns["is_forced"],
        is_weak=columns["is_weak"],
    )


def _ends(connection: duckdb.DuckDBPyConnection, condition: str) -> tuple[object, object]:
    """Both nodes of every edge for which a condition holds."""
    columns = connection.execute(f"select a, b from _numbered where {condition}").fetchnumpy()
    return columns["a"], columns["b"]


def _keep_labels(connection: duckdb.DuckDBPyConnection, table: str, labels: object) -> None:
    import pyarrow as pa

    found = pa.table({"label": pa.array(labels)})  # noqa: F841 - DuckDB reads it by name
    connection.execute(
        f"create or replace temp table {table} as"
        " select row_number() over () - 1 as node, label from found"
    )
