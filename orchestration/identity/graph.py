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
from orchestration.identity.keys_of_brands import keep_keys_of_brands, ties_within_brands
from orchestration.identity.overrides import ALWAYS_LINK, SPLIT
from orchestration.identity.reading import CONFIRMED
from orchestration.sql import literal

if TYPE_CHECKING:
    from ml.identity import Conflicts, Evidence

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
    """Clusters of all that `_scope` holds: temp tables `_resolved` and, of their ties, `_numbered`.

    `_resolved` has every key, its node, its label, and, of whom is somebody, since when and where.
    """
    take_edges(connection)
    count = _take_nodes(connection)
    _take_components(connection, count)
    _keep_components(connection)
    _solve(connection, settings, count)
    connection.execute(
        "create or replace temp table _resolved as"
        " select _nodes.*, label from _nodes inner join _labels using (node)"
    )
    keep_keys_of_brands(connection)


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
    numbered = _ends(connection, "is_to_strong")
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
        ),
        sound as (
            select * from ties
            where from_key not in (from excluded) and to_key not in (from excluded)
            union all
            select
                identity_key, other_identity_key, '{ALWAYS_LINK}', 'overrides',
                {DECIDED_STRENGTH}, null, true, false, false, null
            from identity.overrides
            where action = '{ALWAYS_LINK}' and identity_key in (from _scope)
        )
        from sound
        union all
        {ties_within_brands("sound")}
        """
    )


def _take_nodes(connection: duckdb.DuckDBPyConnection) -> int:
    """The keys that are somebody, or hang on somebody, numbered by their text; how many.

    From here on nodes stand for keys, because numbers are joined and sorted in a third of the time.
    `_numbered` are the edges between them; `_believed` those of them that are not cut.
    """
    connection.execute(
        f"""
        create or replace temp table _nodes as
        with people as (
            select identity_key, min(first_at) as first_at, min(contract) as contract
            from identity.sightings
            where identity_key in (from _scope)
            group by identity_key
        ),
        known as (
            from people
            union all
            select distinct to_key, null::timestamp, null from _edges
            where
                rule not in ('{LIKELY}', '{ALWAYS_LINK}')
                and from_key in (select identity_key from people)
                and to_key not in (select identity_key from people)
        )
        select *, row_number() over (order by identity_key) - 1 as node from known
        """
    )
    connection.execute(
        f"""
        create or replace temp table _numbered as
        select
            a.node as a, b.node as b,
            edges.* exclude (from_key, to_key),
            {is_strong("from_key")} as is_from_strong,
            {is_strong("to_key")} as is_to_strong,
            false as is_cut
        from _edges as edges
        inner join _nodes as a on edges.from_key = a.identity_key
        inner join _nodes as b on edges.to_key = b.identity_key
        """
    )
    connection.execute("create or replace temp view _believed as from _numbered where not is_cut")
    return int(connection.execute("select count(*) from _nodes").fetchall()[0][0])


def _take_components(connection: duckdb.DuckDBPyConnection, count: int) -> None:
    """`_components`: what hangs together, whatever speaks against it."""
    from ml.identity import components

    _keep_labels(connection, "_components", components(count, *_ends(connection, "true")))


def take_conflicts(connection: duckdb.DuckDBPyConnection, also: str | None = None) -> None:
    """What keeps keys of `_scope` apart, which holds whole components: temp table `_conflicts`.

    `also` is SQL for (record, record, probability) of pairs that are judged as if they were tied;
    conflicts of brands are in `_brand_conflicts`.
    """
    connection.execute(
        "create or replace temp table _brand_conflicts (a bigint, b bigint, is_decided boolean)"
    )
    take_edges(connection)
    if also:
        connection.execute(
            f"""
            insert into _edges by name
            select
                record_a as from_key, record_b as to_key, '{LIKELY}' as rule,
                probability * {LIKELY_STRENGTH} as strength, false as is_forced,
                true as is_weak, false as is_confirmed, probability
            from ({also})
            """
        )
    count = _take_nodes(connection)
    _take_components(connection, count)
    _conflicts(connection, count)


def _solve(connection: duckdb.DuckDBPyConnection, settings: IdentitySettings, count: int) -> None:
    from ml.identity import clusters

    conflicts = _conflicts(connection, count)
    labels = clusters(count, _evidence(connection), conflicts, settings.most_keys)
    _keep_labels(connection, "_labels", labels)


def _conflicts(connection: duckdb.DuckDBPyConnection, count: int) -> Conflicts:
    """Who cannot be one, once chains are cut that no person can be."""
    from ml.identity import components

    for strength in (LEAST_OF_KEYS, STRENGTHS["account_id"]):
        if _cut_chains(connection, strength):
            _take_components(connection, count)
    stated = _ends(connection, "is_from_strong and is_to_strong and not is_weak")
    _keep_labels(connection, "_stated", components(count, *stated))
    find_brand_conflicts(connection)
    return find_conflicts(connection)


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
        update _numbered set is_cut = true
        where
            not is_cut
            and strength < {strength}
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
        " is_forced, is_weak from _believed"
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
    """Both nodes of every believed edge for which a condition holds."""
    columns = connection.execute(f"select a, b from _believed where {condition}").fetchnumpy()
    return columns["a"], columns["b"]


def _keep_labels(connection: duckdb.DuckDBPyConnection, table: str, labels: object) -> None:
    import pyarrow as pa

    found = pa.table({"label": pa.array(labels)})  # noqa: F841 - DuckDB reads it by name
    connection.execute(
        f"create or replace temp table {table} as"
        " select row_number() over () - 1 as node, label from found"
    )
