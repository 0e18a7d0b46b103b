"""What linkage leaves in the warehouse: the likely pairs, `identity.scored_pairs`."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from orchestration.linkage.comparisons import Comparison
from orchestration.linkage.records import RECORDS
from orchestration.linkage.scoring import SCORED, levels_sql, weight_of
from orchestration.linkage.settings import LinkageSettings

PAIRS = "identity.scored_pairs"
PAIR_COLUMNS = "record_a varchar, record_b varchar, probability double, evidence varchar"


def create_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Create the table that is not there yet."""
    connection.execute("create schema if not exists identity")
    connection.execute(f"create table if not exists {PAIRS} ({PAIR_COLUMNS})")


def copy_pairs(
    connection: duckdb.DuckDBPyConnection,
    bench: duckdb.DuckDBPyConnection,
    settings: LinkageSettings,
    comparisons: Sequence[Comparison],
    prior: float,
) -> None:
    """Copy the likely pairs to the warehouse, as temp table `found_pairs`.

    Of two records that are known in several versions, the two that agree best count.
    """
    found = bench.execute(
        f"""
        with weighed as (
            select *, evidence + $prior as weight from {SCORED} where evidence + $prior >= $least
        )
        select
            l.record_id as record_a,
            r.record_id as record_b,
            max(1 / (1 + pow(2, -weight))) as probability,
            arg_min({levels_sql(comparisons)}, (-weight, record_no_l, record_no_r)) as evidence
        from weighed
        inner join {RECORDS} as l on l.record_no = record_no_l
        inner join {RECORDS} as r on r.record_no = record_no_r
        group by all
        order by all
        """,
        {"prior": weight_of(prior), "least": weight_of(settings.least_probability)},
    ).to_arrow_table()
    connection.register("linkage_found", found)
    connection.execute("create or replace temp table found_pairs as from linkage_found")
    connection.unregister("linkage_found")


def clear(connection: duckdb.DuckDBPyConnection) -> None:
    """Forget all pairs."""
    connection.execute(f"delete from {PAIRS}")


def replace_pairs(connection: duckdb.DuckDBPyConnection, changed: str | None) -> None:
    """Put the found pairs in the place of those of the changed records, or of all."""
    of_changed = f"(select cast(record_id as varchar) from {changed})"
    where = f"where record_a in {of_changed} or record_b in {of_changed}" if changed else ""
    connection.execute(f"delete from {PAIRS} {where}")
    if connection.execute("from found_pairs limit 1").fetchall():
        connection.execute(f"insert into {PAIRS} from found_pairs order by record_a, record_b")
