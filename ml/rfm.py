"""Recency, frequency and monetary scores, and the segment they lie in."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import rankdata

from ml.inputs import FloatArray, finite_column, require_columns

RFM_INPUT_COLUMNS = ("customer_id", "recency_days", "order_day_count", "net_revenue_amount")

HIBERNATING = "hibernating"
AT_RISK = "at risk"
CANNOT_LOSE = "can't lose"
ABOUT_TO_SLEEP = "about to sleep"
NEED_ATTENTION = "need attention"
LOYAL = "loyal"
PROMISING = "promising"
NEW = "new"
POTENTIAL_LOYALIST = "potential loyalist"
CHAMPIONS = "champions"

#: Row = recency score 1 to 5, column = frequency score 1 to 5.
SEGMENT_GRID: tuple[tuple[str, ...], ...] = (
    (HIBERNATING, HIBERNATING, AT_RISK, AT_RISK, CANNOT_LOSE),
    (HIBERNATING, HIBERNATING, AT_RISK, AT_RISK, CANNOT_LOSE),
    (ABOUT_TO_SLEEP, ABOUT_TO_SLEEP, NEED_ATTENTION, LOYAL, LOYAL),
    (PROMISING, POTENTIAL_LOYALIST, POTENTIAL_LOYALIST, LOYAL, LOYAL),
    (NEW, POTENTIAL_LOYALIST, POTENTIAL_LOYALIST, CHAMPIONS, CHAMPIONS),
)

IntArray = npt.NDArray[np.int64]


def score_rfm(customers: pd.DataFrame) -> pd.DataFrame:
    """Score every customer 1 to 5 (5 best) on recency, frequency and money.

    Parameters
    ----------
    customers : DataFrame, one row per customer with at least one order day
        ``customer_id``; ``recency_days``, days since the last order day; ``order_day_count``,
        distinct order days, 1 or more; ``net_revenue_amount`` in one currency, any sign. The
        window of orders that count is the caller's.

    Returns
    -------
    DataFrame
        A copy with ``recency_score``, ``frequency_score``, ``monetary_score`` (int64) and
        ``rfm_segment`` (text) added; rows and index as they came.

    Raises
    ------
    ValueError
        A column is missing or not finite, recency is negative, or someone never bought.

    Notes
    -----
    With the mid-rank share s of a customer (those strictly worse, plus half of those tied, over
    all), recency and money score min(5, 1 + floor(5 s)). Frequency is 1 for exactly one order
    day and min(5, 2 + floor(4 s)) for repeaters, s taken among repeaters. Tied customers
    therefore share a score, which NTILE does not give.

    Examples
    --------
    >>> customers = pd.DataFrame({
    ...     "customer_id": ["a", "b"], "recency_days": [3, 90],
    ...     "order_day_count": [4, 1], "net_revenue_amount": [200.0, 15.0]})
    >>> score_rfm(customers)["rfm_segment"].tolist()
    ['loyal', 'hibernating']
    """
    require_columns(customers, RFM_INPUT_COLUMNS)
    recency, order_days, revenue = (finite_column(customers, c) for c in RFM_INPUT_COLUMNS[1:])
    if np.any(recency < 0):
        raise ValueError("recency_days must not be negative: an order lies after the as-of date.")
    if np.any(order_days < 1):
        raise ValueError("order_day_count must be 1 or more: people who never bought get no RFM.")
    recency_score = _scores(-recency, lowest=1, steps=5)
    frequency_score = np.ones(len(customers), dtype=np.int64)
    is_repeater = order_days > 1
    frequency_score[is_repeater] = _scores(order_days[is_repeater], lowest=2, steps=4)
    return customers.assign(
        recency_score=recency_score,
        frequency_score=frequency_score,
        monetary_score=_scores(revenue, lowest=1, steps=5),
        rfm_segment=_segments(recency_score, frequency_score),
    )


def rfm_segment(recency_score: int, frequency_score: int) -> str:
    """Return the segment of one cell of the grid, both scores 1 to 5."""
    if not (1 <= recency_score <= 5 and 1 <= frequency_score <= 5):
        raise ValueError(f"scores lie in 1 to 5, got {recency_score} and {frequency_score}.")
    return SEGMENT_GRID[recency_score - 1][frequency_score - 1]


def _scores(goodness: FloatArray, *, lowest: int, steps: int) -> IntArray:
    """Return ``lowest + floor(steps x mid-rank share)``, in whole numbers so nothing rounds."""
    if len(goodness) == 0:
        return np.empty(0, dtype=np.int64)
    doubled_share = (2 * rankdata(goodness, method="average") - 1).astype(np.int64)
    scores: IntArray = np.minimum(5, lowest + (steps * doubled_share) // (2 * len(goodness)))
    return scores


def _segments(recency_score: IntArray, frequency_score: IntArray) -> npt.NDArray[np.object_]:
    """Look both scores up in the grid."""
    grid = np.array(SEGMENT_GRID, dtype=object)
    segments: npt.NDArray[np.object_] = grid[recency_score - 1, frequency_score - 1]
    return segments
