"""Learn the weights of every level of agreement, and how rare matches are, without labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median
from typing import TYPE_CHECKING

import duckdb

from orchestration.linkage.blocking import Rule
from orchestration.linkage.blocking_keys import key_column, key_sql
from orchestration.linkage.comparisons import DIFFERENT, MISSING, Comparison
from orchestration.linkage.counting import Shares
from orchestration.linkage.model import LevelWeights
from orchestration.linkage.splink_linker import forget_tables, open_linker

if TYPE_CHECKING:
    from splink import Linker

TRAINING_PAIRS = 500_000
COUNTED_SHARE = 0.3
SESSIONS_PER_COMPARISON = 3
FIRST_PRIOR = 1e-4
LEAST_M = 1e-3
DIGITS = 10
NO_MATCHES = "below the minimum allowed value"


def learn_weights(
    bench: duckdb.DuckDBPyConnection,
    comparisons: Sequence[Comparison],
    rules: Sequence[Rule],
    among_others: Shares,
    among_known: Mapping[str, Sequence[float | None]],
) -> dict[str, tuple[LevelWeights, ...]]:
    """The weights of every level: m as counted among known pairs, where there are any.

    Else it is learned within several blocks, and the median counts. A level that no pair reached
    says nothing: m = u.
    """
    learned = [among_known] if among_known else []
    learned += [
        _learn_within(bench, comparisons, rule, among_others)
        for rule in ([] if among_known else training_rules(comparisons, rules))
    ]
    return {
        item.name: tuple(
            LevelWeights(_m([source[item.name][place] for source in learned], u), u)
            for place, u in enumerate(among_others[item.name])
        )
        for item in comparisons
    }


def _m(learned: Sequence[float | None], u: float) -> float:
    known = [m for m in learned if m is not None]
    return round(median(known), DIGITS) if known else u


def _learn_within(
    bench: duckdb.DuckDBPyConnection,
    comparisons: Sequence[Comparison],
    rule: Rule,
    among_others: Shares,
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
        item.name: [
            None if given.label == MISSING or level.get(name) is None else max(level[name], LEAST_M)
            for given, level in zip(
                (*item.levels, DIFFERENT), settings["comparison_levels"][1:], strict=True
            )
        ]
        for item, settings in zip(comparisons, learned, strict=True)
    }
