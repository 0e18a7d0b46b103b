"""The weight of evidence of every pair, by Splink, and the prior that makes it a probability."""

from __future__ import annotations

import math
from collections.abc import Sequence

import duckdb

from orchestration.linkage.blocking import PAIRS
from orchestration.linkage.comparisons import Comparison
from orchestration.linkage.model import LinkageModel
from orchestration.linkage.splink_linker import forget_tables, open_linker
from orchestration.sql import identifier

SCORED = "linkage_scored"
LEAST_EVIDENCE = 4.0


def score_pairs(
    bench: duckdb.DuckDBPyConnection,
    comparisons: Sequence[Comparison],
    model: LinkageModel,
    least_evidence: float = LEAST_EVIDENCE,
) -> None:
    """Write `linkage_scored`: the pairs of `linkage_pairs` with at least that much evidence.

    `evidence` is in bits: log2 of how much likelier the agreement is among matches.
    """
    from splink import DuckDBAPI

    learned = {
        name: [{"m_probability": level.m, "u_probability": level.u} for level in levels]
        for name, levels in model.weights.items()
    }
    linker = open_linker(bench, comparisons, learned)
    pairs = DuckDBAPI(bench).register(PAIRS)
    linker.table_management.register_blocked_pairs_for_predict(pairs)
    scored = linker.inference.predict(threshold_match_weight=least_evidence, warning_mode="never")
    gammas = [identifier(item.level_column) for item in comparisons]
    bench.execute(
        f"create or replace table {SCORED} as"
        " select record_no_l, record_no_r, match_weight as evidence,"
        f" {', '.join(gammas)} from {scored.physical_name}"
    )
    forget_tables(bench)


def levels_sql(comparisons: Sequence[Comparison]) -> str:
    """SQL for the level of agreement of a scored pair in each comparison, as JSON."""
    fields = ", ".join(f"{item.name} := {item.label_sql()}" for item in comparisons)
    return f"cast(to_json(struct_pack({fields})) as varchar)"


def weight_of(probability: float) -> float:
    """The weight in bits, prior included, that gives this probability."""
    return math.log2(probability / (1 - probability))
