"""How common each value is: to agree on a rare one says more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import duckdb

from orchestration.linkage.comparisons import Comparison
from orchestration.linkage.counting import Shares
from orchestration.linkage.model import ValueShares
from orchestration.linkage.records import RECORDS

LEAST_SHARED = 5
TERM = "left(sha256({column}), 16)"


@dataclass(frozen=True)
class Chance:
    """How often two different people have the same value of a column, and have it as namesakes."""

    at_random: float
    among_namesakes: float

    @property
    def factor(self) -> float:
        """How much commoner each value is where it counts."""
        return self.among_namesakes / self.at_random


def met_by_chance(
    comparisons: Sequence[Comparison], at_random: Shares, among_namesakes: Shares
) -> dict[str, Chance]:
    """Column whose values are counted → how often they agree by chance."""
    found: dict[str, Chance] = {}
    for item in comparisons:
        levels = zip(item.levels, at_random[item.name], among_namesakes[item.name], strict=False)
        for level, u, among in levels:
            chance = Chance(u, among)
            known = found.get(level.share_of or "")
            if level.share_of and (known is None or known.factor < chance.factor):
                found[level.share_of] = chance
    return found


def count_values(bench: duckdb.DuckDBPyConnection, chances: Mapping[str, Chance]) -> ValueShares:
    """The share of each value that at least five entities have; the others count as half of that.

    Or as what is met at random of the whole column, where that is less. Fewer could be one person;
    a value met first after training has no count at all.
    """
    common, rare = {}, {}
    for column, chance in chances.items():
        total = _filled_count(bench, column)
        rows = bench.execute(
            f"""
            select {TERM.format(column=column)} as term, count(distinct entity_id)
            from {RECORDS}
            where {column} is not null
            group by {column}
            having count(distinct entity_id) >= ?
            order by term
            """,
            [LEAST_SHARED],
        ).fetchall()
        common[column] = {term: min(1.0, chance.factor * count / total) for term, count in rows}
        rare[column] = chance.factor * min(chance.at_random, LEAST_SHARED / 2 / max(total, 1))
    return ValueShares(common, rare)


def _filled_count(bench: duckdb.DuckDBPyConnection, column: str) -> int:
    row = bench.execute(
        f"select count(*) from (select distinct {column}, entity_id from {RECORDS}"
        f" where {column} is not null)"
    ).fetchone()
    return int(row[0]) if row else 0


def write_shares(
    bench: duckdb.DuckDBPyConnection, columns: Sequence[str], shares: ValueShares
) -> None:
    """Write the share of every value that the records hold, a table for each column."""
    for column in columns:
        known = shares.common[column]
        bench.execute(
            f"""
            create or replace table {shares_table(column)} as
            with held as (select distinct {column} from {RECORDS} where {column} is not null),
            known as (
                select
                    unnest(cast($terms as varchar[])) as term,
                    unnest(cast($shares as double[])) as share
            )
            select held.{column}, coalesce(known.share, cast($rare as double)) as tf_{column}
            from held
            left join known on known.term = {TERM.format(column=f"held.{column}")}
            """,
            {"terms": list(known), "shares": list(known.values()), "rare": shares.rare[column]},
        )


def shares_table(column: str) -> str:
    """The table with the shares of a column's values."""
    return f"linkage_shares_{column}"
