"""What the scores themselves bear out: how rare matches are, and what keys say of them.

Keys have tied the records of most people already. In the pairs that are left they differ or are
missing, so nothing can be counted where they agree: it is learned by expectation maximisation,
with everything else as it was counted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import duckdb

from orchestration.linkage.comparisons import Comparison
from orchestration.linkage.model import LevelWeights
from orchestration.linkage.records import RECORDS
from orchestration.linkage.scoring import SCORED
from orchestration.sql import identifier

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

Weights = Mapping[str, Sequence[LevelWeights]]
ROUNDS, KEY_ROUNDS = 200, 30
DIGITS = 12
FIRST_PRIOR, LEAST_PRIOR, MOST_PRIOR = 1e-4, 1e-12, 0.5
LEAST_M, LEAST_MATCHES = 1e-3, 1.0


def learn_prior(bench: duckdb.DuckDBPyConnection) -> float:
    """The share of matches among all pairs that the scores of the blocked pairs bear out.

    The fixed point of: the mean probability of a match, over all pairs of different entities,
    where pairs that no rule brought together are none.
    """
    import numpy as np

    found = bench.execute(f"select evidence from {SCORED}").fetchnumpy()
    evidence = np.asarray(found["evidence"], dtype=np.float64)
    return float(f"{_prior(evidence, _pair_count(bench)):.{DIGITS}g}")


def learn_keys(
    bench: duckdb.DuckDBPyConnection, comparisons: Sequence[Comparison], weights: Weights
) -> dict[str, Sequence[LevelWeights]]:
    """The weights with those of keys learned from pairs that were scored without them."""
    import numpy as np

    keys = [item for item in comparisons if item.is_key]
    columns = ", ".join(identifier(item.level_column) for item in keys)
    if not keys:
        return dict(weights)
    found = bench.execute(
        f"select evidence, {columns} from {SCORED} order by record_no_l, record_no_r"
    ).fetchnumpy()
    reached = {item.name: np.asarray(found[item.level_column], dtype=np.int64) for item in keys}
    pairs, learned = _pair_count(bench), dict(weights)
    for _ in range(KEY_ROUNDS):
        evidence = np.asarray(found["evidence"], dtype=np.float64)
        for name, levels in reached.items():
            evidence = evidence + _bits(learned[name])[levels]
        matches = _probabilities(evidence, _prior(evidence, pairs))
        for name, levels in reached.items():
            learned[name] = _relearned(learned[name], matches, levels)
    return learned


def _relearned(
    weights: Sequence[LevelWeights], matches: Floats, reached: NDArray[np.int64]
) -> tuple[LevelWeights, ...]:
    """m of each level by the matches that reach it; Splink counts levels from the last."""
    import numpy as np

    known = reached >= 0
    counts = np.bincount(reached[known], weights=matches[known], minlength=len(weights))[::-1]
    total = counts.sum()
    if total < LEAST_MATCHES:
        return tuple(weights)
    return tuple(
        LevelWeights(round(max(float(count / total), LEAST_M), DIGITS), item.u)
        for item, count in zip(weights, counts, strict=True)
    )


def _bits(weights: Sequence[LevelWeights]) -> Floats:
    """Bits by Splink's number of a level; the last place, -1, is the unknown and says nothing."""
    import numpy as np

    return np.array([*(np.log2(item.m / item.u) for item in reversed(weights)), 0.0])


def _prior(evidence: Floats, pairs: float) -> float:
    import numpy as np

    evidence, prior = np.sort(evidence), FIRST_PRIOR
    for _ in range(ROUNDS):
        last = prior
        prior = float(np.sum(_probabilities(evidence, prior)) / pairs)
        prior = min(max(prior, LEAST_PRIOR), MOST_PRIOR)
        if abs(prior - last) <= 1e-9 * last:
            break
    return prior


def _probabilities(evidence: Floats, prior: float) -> Floats:
    import numpy as np

    odds = np.exp2(evidence) * (prior / (1 - prior))
    probabilities: Floats = odds / (1 + odds)
    return probabilities


def _pair_count(bench: duckdb.DuckDBPyConnection) -> float:
    row = bench.execute(f"select count(*) from {RECORDS}").fetchone()
    records = int(row[0]) if row else 0
    return max(records * (records - 1) / 2, 1.0)
