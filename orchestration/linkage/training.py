"""Learn the weights of every level of agreement, and how rare matches are, without labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import duckdb

from orchestration.linkage.blocking import Rule
from orchestration.linkage.blocking_keys import key_column, key_sql
from orchestration.linkage.comparisons import Comparison
from orchestration.linkage.model import LevelWeights, ValueShares
from orchestration.linkage.splink_linker import open_linker

if TYPE_CHECKING:
    from splink import Linker

SEED = 1
RANDOM_PAIRS = 3_000_000
TRAINING_PAIRS = 500_000
COUNTED_SHARE = 0.3
SESSIONS_PER_COMPARISON = 3
FIRST_PRIOR = 1e-4
LEAST_M = 1e-3
LEAST_U = 1e-6
DIGITS = 10


def learn_weights(
    bench: duckdb.DuckDBPyConnection,
    comparisons: Sequence[Comparison],
    rules: Sequence[Rule],
    shares: ValueShares,
) -> dict[str, tuple[LevelWeights, ...]]:
    """u from random pairs, m by expectation maximisation over several blocking rules."""
    linker = open_linker(bench, comparisons, shares, prior=FIRST_PRIOR)
    linker.training.estimate_u_using_random_sampling(max_pairs=RANDOM_PAIRS, seed=SEED)
    for rule in training_rules(comparisons, rules):
        linker.training.estimate_parameters_using_expectation_maximisation(
            " and ".join(f"{key_sql(key, 'l.')} = {key_sql(key, 'r.')}" for key in rule.keys)
            + " and l.entity_id <> r.entity_id",
            estimate_without_term_frequencies=True,
            max_pairs=TRAINING_PAIRS,
            record_sample_proportion=COUNTED_SHARE,
        )
    return _learned(linker, comparisons)


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


def _learned(
    linker: Linker, comparisons: Sequence[Comparison]
) -> dict[str, tuple[LevelWeights, ...]]:
    settings = linker.misc.save_model_to_json()
    return {
        item.name: tuple(_level_weights(level) for level in learned["comparison_levels"][1:])
        for item, learned in zip(comparisons, settings["comparisons"], strict=True)
    }


def _level_weights(level: Mapping[str, Any]) -> LevelWeights:
    """m and u above zero; a level that no training pair reached says nothing: m = u."""
    u = round(max(level.get("u_probability", LEAST_U), LEAST_U), DIGITS)
    if "m_probability" not in level:
        return LevelWeights(u, u)
    return LevelWeights(round(max(level["m_probability"], LEAST_M), DIGITS), u)
