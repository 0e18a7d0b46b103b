"""How often each level of agreement is met, counted: among two people, and among one."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import duckdb

from orchestration.linkage.comparisons import Comparison
from orchestration.linkage.records import RECORDS, STATED
from orchestration.sql import identifier

Shares = Mapping[str, Sequence[float]]
KNOWN = "linkage_known"
LEAST_KNOWN, MOST_KNOWN = 200, 10
RANDOM_PAIRS, FEWEST_RANDOM_PAIRS, RANDOM_PAIRS_PER_RECORD = 3_000_000, 300_000, 100
NAMESAKE_PAIRS = 3_000_000
LEAST_U, HARDLY = 1e-6, 0.5
DIGITS = 10
BORN_APART = (
    "abs(try_cast(left(l.birth_date, 4) as integer) - try_cast(left(r.birth_date, 4) as integer))"
    " > 1"
)
# Whose names or places are compared among people that have these in common
NAMESAKES = {
    "last_name": ("first_name",),
    "address": ("first_name", "last_name"),
    "place": ("first_name", "last_name"),
}


def count_among_others(
    bench: duckdb.DuckDBPyConnection, comparisons: Sequence[Comparison]
) -> dict[str, list[float]]:
    """Comparison → u of each level, by random pairs of different entities."""
    count = math.ceil(math.sqrt(2 * _random_pairs(bench)))
    sample = f"(from {RECORDS} order by hash(record_id), record_no limit {count})"
    pairs = f"{sample} as l inner join {sample} as r on l.record_no < r.record_no"
    return {
        item.name: _shares(_counted(bench, item, f"{pairs} where l.entity_id <> r.entity_id"))
        for item in comparisons
    }


def _random_pairs(bench: duckdb.DuckDBPyConnection) -> int:
    """How many random pairs are counted: matches are the rarer the more records there are."""
    row = bench.execute(f"select count(*) from {RECORDS}").fetchone()
    wanted = RANDOM_PAIRS_PER_RECORD * int(row[0] if row else 0)
    return min(max(wanted, FEWEST_RANDOM_PAIRS), RANDOM_PAIRS)


def count_among_namesakes(
    bench: duckdb.DuckDBPyConnection, comparisons: Sequence[Comparison], among_others: Shares
) -> dict[str, Sequence[float]]:
    """The same, with last names counted among people of one first name, places of one full name.

    Names go by regions: who shares one shares the next more often than chance has it. Namesakes
    are told from one person by birth dates that are years apart, so there have to be such.
    """
    columns = {name for item in comparisons for name in item.columns}
    found = dict(among_others)
    for item in comparisons:
        common = NAMESAKES.get(item.name, ())
        if not common or not {*common, "birth_date"} <= columns:
            continue
        counts = _counted(bench, item, _namesakes(bench, common))
        if sum(counts) >= LEAST_KNOWN:
            pairs = zip(_shares(counts), found[item.name], strict=True)
            *agreeing, _ = [max(share, u) for share, u in pairs]
            found[item.name] = [*agreeing, round(max(1 - sum(agreeing), LEAST_U), DIGITS)]
    return found


def _namesakes(bench: duckdb.DuckDBPyConnection, common: Sequence[str]) -> str:
    """Pairs of records with these values in common and birth dates apart; of many a sample."""
    names = ", ".join(identifier(name) for name in common)
    row = bench.execute(
        f"select coalesce(sum(size * size) / 2, 0) from (select count(*) as size from {RECORDS}"
        f" where birth_date is not null group by {names})"
    ).fetchone()
    pairs = float(row[0]) if row else 0.0
    share = math.ceil(1000 * min(1.0, math.sqrt(NAMESAKE_PAIRS / max(pairs, 1.0))))
    sample = f"(from {RECORDS} where hash(record_id) % 1000 < {share})"
    return (
        f"{sample} as l inner join {sample} as r using ({names})"
        f" where l.record_no < r.record_no and l.entity_id <> r.entity_id and {BORN_APART}"
    )


def count_among_known(
    bench: duckdb.DuckDBPyConnection, comparisons: Sequence[Comparison], at_random: Shares
) -> dict[str, list[float | None]]:
    """Comparison → m of each level among records of one person; empty where few are known.

    Keys are left out: the records that they did not tie are those on which they differ. A level
    that was never met speaks against, or says nothing where it is as rare among others.
    """
    bench.execute(
        f"""
        create or replace table {KNOWN} as
        select * from {STATED} as stated
        qualify
            row_number() over (partition by entity_id order by hash(stated))
            <= {MOST_KNOWN}
        """
    )
    counted = {
        item.name: _among_known(bench, item) if item.is_counted else [] for item in comparisons
    }
    if not any(counted.values()):
        return {}
    return {name: _ms(counts, at_random[name]) for name, counts in counted.items()}


def _ms(counts: Sequence[int], at_random: Sequence[float]) -> list[float | None]:
    if not counts:
        return [None] * len(at_random)
    total = sum(counts)
    return [
        count / total if count else min(HARDLY / total, u)
        for count, u in zip(counts, at_random, strict=True)
    ]


def _among_known(bench: duckdb.DuckDBPyConnection, item: Comparison) -> list[int]:
    """Among records that are one person by numbers or, where these are few, by any key."""
    for known in ("numbered_id", "entity_id"):
        pairs = f"{KNOWN} as l inner join {KNOWN} as r using ({known})"
        counts = _counted(bench, item, f"{pairs} where l.record_id < r.record_id")
        if sum(counts) >= LEAST_KNOWN:
            return counts
    return []


def _shares(counts: Sequence[int]) -> list[float]:
    total = max(sum(counts), 1)
    least = max(LEAST_U, HARDLY / total)
    return [round(max(count / total, least), DIGITS) for count in counts]


def _counted(bench: duckdb.DuckDBPyConnection, item: Comparison, pairs: str) -> list[int]:
    """How many pairs of `l` and `r` reach each level; those without a level are left out."""
    cases = [f"when {level.condition} then {place}" for place, level in enumerate(item.levels)]
    last = len(item.levels)
    columns = ", ".join(
        f"{side}.{identifier(name)} as {identifier(f'{name}_{side}')}"
        for name in item.columns
        for side in "lr"
    )
    found = bench.execute(
        f"select case when {item.unknown} then null {' '.join(cases)} else {last} end as level,"
        f" count(*) from (select {columns} from {pairs}) group by level"
    ).fetchall()
    counts = dict(found)
    return [counts.get(place, 0) for place in range(last + 1)]
