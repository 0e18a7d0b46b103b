"""What linkage leaves in the warehouse: scored pairs, clusters, and the pairs for a person."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import duckdb

from orchestration.linkage.bench import record_columns
from orchestration.linkage.comparisons import Comparison
from orchestration.linkage.records import RECORDS
from orchestration.linkage.scoring import SCORED, levels_sql, weight_of
from orchestration.linkage.settings import LinkageSettings
from orchestration.sql import identifier

if TYPE_CHECKING:
    import pandas as pd

PAIRS = "identity.linkage_pairs"
CLUSTERS = "identity.linkage_clusters"
REVIEW = "identity.linkage_review"
PAIR_COLUMNS = """
    record_id_l varchar, record_id_r varchar, entity_id_l varchar, entity_id_r varchar,
    match_probability double, match_weight double, decision varchar, evidence varchar
"""
CLUSTER_COLUMNS = "entity_id varchar, cluster_id varchar, component_id varchar"


def create_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Create the tables that are not there yet."""
    connection.execute("create schema if not exists identity")
    connection.execute(f"create table if not exists {PAIRS} ({PAIR_COLUMNS})")
    connection.execute(f"create table if not exists {CLUSTERS} ({CLUSTER_COLUMNS})")


def clear(connection: duckdb.DuckDBPyConnection) -> None:
    """Forget all pairs and clusters."""
    connection.execute(f"delete from {PAIRS}")
    connection.execute(f"delete from {CLUSTERS}")


def copy_pairs(
    connection: duckdb.DuckDBPyConnection,
    bench: duckdb.DuckDBPyConnection,
    settings: LinkageSettings,
    comparisons: Sequence[Comparison],
    prior: float,
) -> None:
    """Copy the pairs from the review band on to the warehouse, as temp table `found_pairs`."""
    found = bench.execute(
        f"""
        with weighed as (select *, evidence + $prior as weight from {SCORED})
        select
            l.record_id as record_id_l, r.record_id as record_id_r,
            l.entity_id as entity_id_l, r.entity_id as entity_id_r,
            1 / (1 + pow(2, -weight)) as match_probability,
            weight as match_weight,
            case when weight >= $auto then 'auto' else 'review' end as decision,
            {levels_sql(comparisons)} as evidence
        from weighed
        inner join {RECORDS} as l on l.record_no = record_no_l
        inner join {RECORDS} as r on r.record_no = record_no_r
        where weight >= $review
        order by record_no_l, record_no_r
        """,
        {
            "prior": weight_of(prior),
            "auto": weight_of(settings.auto),
            "review": weight_of(settings.review),
        },
    ).to_arrow_table()
    connection.register("linkage_found", found)
    connection.execute("create or replace temp table found_pairs as from linkage_found")
    connection.unregister("linkage_found")


def replace_all(
    connection: duckdb.DuckDBPyConnection, records: str, settings: LinkageSettings
) -> None:
    """Take the found pairs for all there are, and cluster everything."""
    clear(connection)
    connection.execute(f"insert into {PAIRS} select * from found_pairs")
    _write_clusters(connection, PAIRS, records, settings)


def replace_changed(
    connection: duckdb.DuckDBPyConnection, records: str, changed: str, settings: LinkageSettings
) -> None:
    """Replace the pairs of the changed records, and cluster again what they reach or reached."""
    of_changed = f"(select cast(record_id as varchar) from {changed})"
    is_changed = f"record_id_l in {of_changed} or record_id_r in {of_changed}"
    connection.execute(
        f"""
        create or replace temp table reached_entities as
        with touched as (
            select unnest([entity_id_l, entity_id_r]) as entity_id from {PAIRS} where {is_changed}
            union
            select unnest([entity_id_l, entity_id_r]) from found_pairs
            union
            select entity_id from (select {record_columns(settings)} from {records})
            where record_id in {of_changed}
        ),
        components as (select component_id from {CLUSTERS} semi join touched using (entity_id))
        select entity_id from touched
        union
        select entity_id from {CLUSTERS} semi join components using (component_id)
        """
    )
    connection.execute(f"delete from {PAIRS} where {is_changed}")
    connection.execute(f"insert into {PAIRS} select * from found_pairs")
    reached = "(select entity_id from reached_entities)"
    connection.execute(f"delete from {CLUSTERS} where entity_id in {reached}")
    pairs = f"(from {PAIRS} where entity_id_l in {reached})"
    _write_clusters(connection, pairs, records, settings)


def _write_clusters(
    connection: duckdb.DuckDBPyConnection, pairs: str, records: str, settings: LinkageSettings
) -> None:
    import pandas as pd

    from ml.guarded_clusters import guarded_clusters

    edges = connection.execute(
        f'select entity_id_l as "left", entity_id_r as "right", max(match_weight) as weight'
        f" from {pairs} where decision = 'auto' group by all"
    ).df()
    if edges.empty:
        return
    ends = pd.DataFrame({"node": pd.concat([edges["left"], edges["right"]]).unique()})
    nodes = _with_conflicts(connection, ends, records, settings) if settings.conflicts else ends
    clusters = guarded_clusters(
        nodes, edges, conflicts=settings.conflicts, max_size=settings.largest_cluster
    )
    connection.register("linkage_found", clusters)
    connection.execute(
        f"insert into {CLUSTERS} select node, cluster, component from linkage_found order by node"
    )
    connection.unregister("linkage_found")


def _with_conflicts(
    connection: duckdb.DuckDBPyConnection,
    nodes: pd.DataFrame,
    records: str,
    settings: LinkageSettings,
) -> pd.DataFrame:
    """The entities with the value of each conflict column, the least where they have several."""
    columns = [identifier(name) for name in settings.conflicts]
    least = ", ".join(f"min(cast({name} as varchar)) as {name}" for name in columns)
    connection.register("linkage_nodes", nodes)
    found = connection.execute(
        f"""
        select entity_id as node, {least}
        from (select {record_columns(settings)}, {", ".join(columns)} from {records})
        where entity_id in (select node from linkage_nodes)
        group by entity_id
        """
    ).df()
    connection.unregister("linkage_nodes")
    return found


def write_review(
    connection: duckdb.DuckDBPyConnection, records: str, settings: LinkageSettings
) -> None:
    """Write `identity.linkage_review`: pairs left apart, with both records side by side.

    `reason` is `review` for a probability in the band, `held` for one above it that a guard keeps
    apart.
    """
    names = [item.column for item in settings.attributes]
    columns = ", ".join(identifier(name) for name in names)
    both = [
        f"{side}.{identifier(name)} as {identifier(f'{name}_{side}')}"
        for name in names
        for side in ("l", "r")
    ]
    connection.execute(
        f"""
        create or replace table {REVIEW} as
        with given as (
            select cast(record_id as varchar) as record_id, {columns} from {records}
        )
        select
            pairs.* exclude (decision),
            case when pairs.decision = 'auto' then 'held' else 'review' end as reason,
            {", ".join(both)}
        from {PAIRS} as pairs
        left join {CLUSTERS} as cluster_l on cluster_l.entity_id = pairs.entity_id_l
        left join {CLUSTERS} as cluster_r on cluster_r.entity_id = pairs.entity_id_r
        inner join given as l on l.record_id = pairs.record_id_l
        inner join given as r on r.record_id = pairs.record_id_r
        where cluster_l.cluster_id is distinct from cluster_r.cluster_id
            or cluster_l.cluster_id is null
        order by match_probability desc, record_id_l, record_id_r
        """
    )
