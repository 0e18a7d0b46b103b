"""Learn the weights of every level of agreement, and how rare matches are, without labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median
from typing import TYPE_CHECKING

import duckdb

from orchestration.linkage.blocking import Rule
from orchestration.linkage.blocking_keys import key_column, key_sql
from orchestration.linkage.comparisons import Comparison
from orchestration.linkage.model import LevelWeights
from orchestration.linkage.records import RECORDS
from orchestration.linkage.splink_linker import forget_tables, open_linker
from orchestration.sql import identifier

if TYPE_CHECKING:
    from splink import Linker

KNOWN = "linkage_known"
LEAST_KNOWN, MOST_KNOWN = 200, 10
RANDOM_RECORDS = 2500  # three million pairs
TRAINING_PAIRS = 500_000
COUNTED_SHARE = 0.3
SESSIONS_PER_COMPARISON = 3
FIRST_PRIOR = 1e-4
LEAST_M = 1e-3
LEAST_U = 1e-6
DIGITS = 10
NO_MATCHES = "below the minimum allowed value"


def learn_weights(
    bench: duckdb.DuckDBPyConnection,
    comparisons: Sequence[Comparison],
    rules: Sequence[Rule],
    among_others: Mapping[str, Sequence[float]],
) -> tuple[dict[str, tuple[LevelWeights, ...]], bool]:
    """The weights of every level, and whether what keys say is still to be learned.

    m is counted among the pairs that numbers and keys tie already, where there are enough; else it
    is learned within several blocks, the median. A level that no pair reached says nothing: m = u.
    """
    known = _count_known(bench, comparisons)
    rules = [] if known else training_rules(comparisons, rules)
    learned = [known] if known else []
    learned += [_learn_within(bench, comparisons, rule, among_others) for rule in rules]
    weights = {
        item.name: tuple(
            _level_weights([source[item.name][place] for source in learned], u)
            for place, u in enumerate(among_others[item.name])
        )
        for item in comparisons
    }
    return weights, bool(known)


def _level_weights(learned: Sequence[float | None], u: float) -> LevelWeights:
    known = [m for m in learned if m is not None]
    return LevelWeights(round(max(median(known), LEAST_M), DIGITS) if known else u, u)


def _count_known(
    bench: duckdb.DuckDBPyConnection, comparisons: Sequence[Comparison]
) -> dict[str, list[float | None]]:
    """Comparison → m of each level; empty where hardly a pair is known.

    Not of keys: records that they did not tie are the ones on which they differ.
    """
    _write_known(bench)
    counted = {
        item.name: None if item.is_key else _counted_among_known(bench, item)
        for item in comparisons
    }
    if not any(counted.values()):
        return {}
    return {
        item.name: counted[item.name] or [None] * (len(item.levels) + 1) for item in comparisons
    }


def _counted_among_known(
    bench: duckdb.DuckDBPyConnection, item: Comparison
) -> list[float | None] | None:
    """m of each level among records that are one person by numbers, else by keys; None if few."""
    for known in ("numbered_id", "entity_id"):
        pairs = (
            f"select {pair_columns(item)} from {KNOWN} as l"
            f" inner join {KNOWN} as r using ({known}) where l.record_id < r.record_id"
        )
        counts = _counted(bench, item, pairs)
        if sum(counts) >= LEAST_KNOWN:
            shares = [count / sum(counts) or None for count in counts]
            return [*shares[:-1], shares[-1] or LEAST_M]
    return None


def _write_known(bench: duckdb.DuckDBPyConnection) -> None:
    """Write `linkage_known`: of each entity and each number a few records, by their hash."""
    bench.execute(
        f"""
        create or replace table {KNOWN} as
        select * from {RECORDS}
        qualify
            row_number() over (partition by entity_id order by hash(record_id), record_no)
            <= {MOST_KNOWN}
        """
    )


def learn_among_others(
    bench: duckdb.DuckDBPyConnection, comparisons: Sequence[Comparison]
) -> dict[str, list[float]]:
    """Comparison → u of each level, by random pairs of different entities."""
    sample = f"(from {RECORDS} order by hash(record_id), record_no limit {RANDOM_RECORDS})"
    learned = {}
    for item in comparisons:
        counts = _counted(
            bench,
            item,
            f"select {pair_columns(item)} from {sample} as l inner join {sample} as r"
            " on l.record_no < r.record_no and l.entity_id <> r.entity_id",
        )
        total = max(sum(counts), 1)
        learned[item.name] = [round(max(n / total, LEAST_U), DIGITS) for n in counts]
    return learned


def _counted(bench: duckdb.DuckDBPyConnection, item: Comparison, pairs: str) -> list[int]:
    """How many of some pairs reach each level; those of which one is unknown are left out."""
    cases = [f"when {level.condition} then {place}" for place, level in enumerate(item.levels)]
    last = len(item.levels)
    found = bench.execute(
        f"select case when {item.unknown} then null {' '.join(cases)} else {last} end as level,"
        f" count(*) from ({pairs}) group by level"
    ).fetchall()
    counts = dict(found)
    return [counts.get(place, 0) for place in range(last + 1)]


def pair_columns(item: Comparison) -> str:
    """SQL for the columns of two joined records, as the conditions of levels name them."""
    return ", ".join(
        f"{side}.{identifier(name)} as {identifier(f'{name}_{side}')}"
        for name in item.columns
        for side in "lr"
    )


def _learn_within(
    bench: duckdb.DuckDBPyConnection,
    comparisons: Sequence[Comparison],
    rule: Rule,
    among_others: Mapping[str, Sequence[float]],
) -> dict[str, list[float | None]]:
    """Comparison → m of each level, by expectation maximisation over the pairs of a rule."""
    from splink.internals.exceptions import EMTrainingException

    known = {name: [{"u_probability": u} for u in levels] for name, levels in among_others.items()}
    linker = open_linker(bench, comparisons, known, FIRST_PRIOR)
    same = [f"{key_sql(key, 'l.')} = {key_sql(key, 'r.')}" for key in rule.keys]
    try:
        linker.training.estimate_parameters_using_expectation_maximisation(
            " and ".join([*same, "l.entity_id <> r.entity_id"]),
            estimate_without_term_frequencies=True,
            max_pairs=TRAINING_PAIRS,
            record_sample_proportion=COUNTED_SHARE,
        )
        return _levels(linker, comparisons, "m_probability")
    except (EMTrainingException, ValueError) as error:
        # A block without matches has nothing to teach; Splink tells it in these two ways.
        if isinstance(error, ValueError) and NO_MATCHES not in str(error):
            raise
        return {item.name: [None] * len(among_others[item.name]) for item in comparisons}
    finally:
        forget_tables(bench)


def training_rules(comparisons: Sequence[Comparison], rules: Sequence[Rule]) -> list[Rule]:
    """Few rules, each comparison outside of three of them where there are as many.

    What a rule blocks on always agrees inside of it, so nothing is learned of that there.
    """
    chosen: list[Rule] = []
    for item in comparisons:
        outside = [rule for rule in rules if not _blocks_on(rule, item)]
        chosen_outside = [rule for rule in outside if rule in chosen]
        others = [rule for rule in outside if rule not in chosen]
        chosen += others[: max(0, SESSIONS_PER_COMPARISON - len(chosen_outside))]
    return chosen


def _blocks_on(rule: Rule, item: Comparison) -> bool:
    return any(key_column(key) in item.columns for key in rule.keys)


def _levels(
    linker: Linker, comparisons: Sequence[Comparison], name: str
) -> dict[str, list[float | None]]:
    """What a linker has learned for each level but the unknown; None where nothing."""
    learned = linker.misc.save_model_to_json()["comparisons"]
    return {
        item.name: [level.get(name) for level in settings["comparison_levels"][1:]]
        for item, settings in zip(comparisons, learned, strict=True)
    }


def met_at_random(
    comparisons: Sequence[Comparison], among_others: Mapping[str, Sequence[float]]
) -> dict[str, float]:
    """Column whose values are counted → how often two different people have the same."""
    return {
        level.share_of: among_others[item.name][place]
        for item in comparisons
        for place, level in enumerate(item.levels)
        if level.share_of
    }
