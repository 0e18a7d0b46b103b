"""What the scores themselves bear out: how rare matches are, and what could not be counted.

That is what keys say. They have tied the records of most people already; in the pairs that are
left they differ or are missing, so nothing can be counted where they agree. It is learned by
expectation maximisation, with everything else as it was counted.
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
TEACHERS = "linkage_teachers"
ROUNDS, REST_ROUNDS = 200, 30
DIGITS = 12
FIRST_PRIOR, LEAST_PRIOR, MOST_PRIOR = 1e-4, 1e-12, 0.5
LEAST_M, LEAST_MATCHES = 1e-3, 1.0


def write_teachers(
    bench: duckdb.DuckDBPyConnection, comparisons: Sequence[Comparison], but_relatives: bool
) -> None:
    """Write `linkage_teachers`: of every two entities the scored pair that agrees best.

    Those whose first names differ are left out on demand: relatives share everything else.
    """
    names = [identifier(item.level_column) for item in comparisons if item.name == "first_name"]
    where = f"where {names[0]} not in (0, 1)" if names and but_relatives else ""
    bench.execute(
        f"""
        create or replace table {TEACHERS} as
        select scored.* from {SCORED} as scored
        inner join {RECORDS} as l on l.record_no = record_no_l
        inner join {RECORDS} as r on r.record_no = record_no_r
        {where}
        qualify
            row_number() over (
                partition by
                    least(l.entity_id, r.entity_id), greatest(l.entity_id, r.entity_id)
                order by evidence desc, record_no_l, record_no_r
            ) = 1
        order by record_no_l, record_no_r
        """
    )


def learn_prior(bench: duckdb.DuckDBPyConnection) -> float:
    """The share of matches among all pairs of entities that the scores bear out.

    The fixed point of: the mean probability of a match, over all pairs of different entities,
    where pairs that no rule brought together are none.
    """
    import numpy as np

    found = bench.execute(f"select evidence from {TEACHERS}").fetchnumpy()
    evidence = np.asarray(found["evidence"], dtype=np.float64)
    return float(f"{_prior(evidence, _pair_count(bench)):.{DIGITS}g}")


def expected_matches(bench: duckdb.DuckDBPyConnection, prior: float) -> int:
    """How many pairs of entities a prior takes for one person."""
    return round(prior * _pair_count(bench))


def learn_rest(
    bench: duckdb.DuckDBPyConnection, comparisons: Sequence[Comparison], weights: Weights
) -> dict[str, Sequence[LevelWeights]]:
    """The weights with those learned of which nothing was counted, from pairs scored without."""
    import numpy as np

    silent = [item for item in comparisons if all(one.m == one.u for one in weights[item.name])]
    columns = ", ".join(identifier(item.level_column) for item in silent)
    if not silent:
        return dict(weights)
    found = bench.execute(f"select evidence, {columns} from {TEACHERS}").fetchnumpy()
    reached = {item.name: np.asarray(found[item.level_column], dtype=np.int64) for item in silent}
    pairs, learned = _pair_count(bench), dict(weights)
    for _ in range(REST_ROUNDS):
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
    row = bench.execute(f"select count(distinct entity_id) from {RECORDS}").fetchone()
    entities = int(row[0]) if row else 0
    return max(entities * (entities - 1) / 2, 1.0)
