"""Which pairs are looked at: rules found by counting, so that pairs grow with the records.

Every key, then every two, then every three keys are counted as a rule. A rule is kept when its
pairs stay within a budget per record; what it keeps makes longer rules with the same keys needless.
Values that too many records share are left out of their rule, and the model lists them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations

import duckdb

from orchestration.linkage.blocking_keys import KEYS
from orchestration.sql import identifier, literals

PAIRS = "linkage_pairs"


@dataclass(frozen=True)
class BlockingLimits:
    """How many pairs may be looked at.

    Up to `least_pairs` a rule is taken whole. Above, it may give `rule_pairs_per_record`, no value
    of it may be shared by more than `largest_block` records, and at most `crowded_share` of the
    records may be left out for that. All rules together give `pairs_per_record`.
    """

    rule_pairs_per_record: float = 10.0
    pairs_per_record: float = 40.0
    least_pairs: int = 250_000
    largest_block: int = 100
    crowded_share: float = 0.10
    longest_rule: int = 3


@dataclass(frozen=True)
class Rule:
    """Records that agree on all of these keys are compared, unless their value is crowded."""

    keys: tuple[str, ...]
    pairs: int
    crowded: tuple[str, ...] = field(default=(), repr=False)


def find_rules(
    bench: duckdb.DuckDBPyConnection, keys: Sequence[str], records: int, limits: BlockingLimits
) -> list[Rule]:
    """The blocking rules that these records allow, fewest pairs first."""
    found: list[Rule] = []
    for names in _candidates(keys, limits.longest_rule, found):
        rule = _measured(bench, names, records, limits)
        if rule is not None:
            found.append(rule)
    found.sort(key=lambda rule: (rule.pairs, rule.keys))
    return list(_within(found, max(limits.pairs_per_record * records, limits.least_pairs)))


def _candidates(
    keys: Sequence[str], longest: int, found: Sequence[Rule]
) -> Iterator[tuple[str, ...]]:
    """Combinations of keys that hold none of the rules found so far."""
    for length in range(1, longest + 1):
        for names in combinations(keys, length):
            if not any(set(rule.keys) <= set(names) for rule in found):
                yield names


def _within(rules: Sequence[Rule], budget: float) -> Iterator[Rule]:
    spent = 0
    for rule in rules:
        spent += rule.pairs
        if spent > budget:
            return
        yield rule


def _measured(
    bench: duckdb.DuckDBPyConnection,
    names: tuple[str, ...],
    records: int,
    limits: BlockingLimits,
) -> Rule | None:
    """The rule over these keys, or None when it gives no pairs or too many."""
    row = bench.execute(
        f"""
        select
            coalesce(sum(size * (size - 1) / 2), 0),
            coalesce(sum(size * (size - 1) / 2) filter (where size <= $largest), 0),
            coalesce(sum(size), 0),
            coalesce(sum(size) filter (where size > $largest), 0)
        from ({_blocks(names)})
        """,
        {"largest": limits.largest_block},
    ).fetchone()
    all_pairs, pairs, filled, crowded = row or (0, 0, 0, 0)
    if 0 < all_pairs <= limits.least_pairs:
        return Rule(names, int(all_pairs))
    budget = limits.rule_pairs_per_record * records
    if not 0 < pairs <= budget or crowded > limits.crowded_share * filled:
        return None
    return Rule(names, int(pairs), _crowded(bench, names, limits))


def _crowded(
    bench: duckdb.DuckDBPyConnection, names: tuple[str, ...], limits: BlockingLimits
) -> tuple[str, ...]:
    rows = bench.execute(
        f"select printf('%x', block) from ({_blocks(names)}) where size > ? order by 1",
        [limits.largest_block],
    ).fetchall()
    return tuple(row[0] for row in rows)


def _blocks(names: tuple[str, ...]) -> str:
    block, filled = _block(names)
    return f"select {block} as block, count(*) as size from {KEYS} where {filled} group by block"


def _block(names: tuple[str, ...]) -> tuple[str, str]:
    columns = [identifier(name) for name in names]
    return f"hash({', '.join(columns)})", " and ".join(f"{name} is not null" for name in columns)


def pairs_now(bench: duckdb.DuckDBPyConnection, rules: Sequence[Rule]) -> int:
    """The pairs that rules found earlier give now, those of several rules counted each time."""
    return sum(_pair_count(bench, rule) for rule in rules)


def _pair_count(bench: duckdb.DuckDBPyConnection, rule: Rule) -> int:
    row = bench.execute(
        f"select coalesce(sum(size * (size - 1) / 2), 0) from ({_blocks(rule.keys)})"
        " where printf('%x', block) not in (select unnest(cast(? as varchar[])))",
        [list(rule.crowded)],
    ).fetchone()
    return int(row[0]) if row else 0


def write_pairs(
    bench: duckdb.DuckDBPyConnection, rules: Sequence[Rule], changed: str | None = None
) -> int:
    """Write `linkage_pairs`: every pair that a rule brings together, once; returns its rows.

    With `changed`, a relation of `record_no`, only pairs that hold at least one of them.
    """
    bench.execute(
        f"create or replace table {PAIRS} (match_key varchar, join_key_l bigint, join_key_r bigint)"
    )
    parts = [_pairs_sql(rule, number, changed) for number, rule in enumerate(rules)]
    if parts:
        bench.execute(
            f"insert into {PAIRS} select cast(min(rule_no) as varchar), l, r"
            f" from ({' union all '.join(parts)}) group by l, r"
        )
    row = bench.execute(f"select count(*) from {PAIRS}").fetchone()
    return int(row[0]) if row else 0


def _pairs_sql(rule: Rule, number: int, changed: str | None) -> str:
    block, filled = _block(rule.keys)
    if rule.crowded:
        crowded = literals(list(rule.crowded))
        filled += f" and printf('%x', {block}) not in (select unnest({crowded}))"
    blocks = f"select record_no, entity_id, {block} as block from {KEYS} where {filled}"
    reached = ""
    if changed:
        of_changed = f"(select record_no from {changed})"
        reached = f"and (l.record_no in {of_changed} or r.record_no in {of_changed})"
        blocks += f" and {block} in (select {block} from {KEYS} where record_no in {of_changed})"
    return (
        f"select {number} as rule_no, l.record_no as l, r.record_no as r"
        f" from ({blocks}) as l inner join ({blocks}) as r using (block)"
        f" where l.record_no < r.record_no and l.entity_id <> r.entity_id {reached}"
    )
