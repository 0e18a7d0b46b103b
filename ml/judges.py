"""The figures by which a model is judged, always beside its simple baseline.

Customers with equal predictions are exchangeable: whatever cuts or orders the predictions gives
each of them the mean outcome of all that are tied, so no figure depends on the order of rows.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata

from ml.inputs import FloatArray


def bias(predicted: npt.ArrayLike, actual: npt.ArrayLike) -> float:
    """Return sum(predicted) / sum(actual) - 1: 0.1 means ten percent too much.

    Parameters
    ----------
    predicted, actual : array-likes of shape (n,)
        In the same unit.

    Raises
    ------
    ValueError
        Shapes differ, a value is not finite, or the actual values sum to 0.
    """
    predicted, actual = _pair(predicted, actual)
    return float(predicted.sum() / _positive_sum(actual) - 1)


def normalised_gini(predicted: npt.ArrayLike, actual: npt.ArrayLike) -> float:
    """Return Gini(actual ordered by prediction) / Gini(actual ordered by itself).

    1 is the perfect order, 0 a random one, negative a reversed one.

    Parameters
    ----------
    predicted, actual : array-likes of shape (n,)

    Raises
    ------
    ValueError
        Shapes differ, a value is not finite, or all actual values are equal.

    Notes
    -----
    Both Gini coefficients are covariances with mid-ranks over the same denominator, so their
    ratio is sum(actual (rank(predicted) - mean rank)) over the same with rank(actual).
    """
    predicted, actual = _pair(predicted, actual)
    centre = (len(actual) + 1) / 2
    best = float(actual @ (rankdata(actual) - centre))
    if best <= 0:
        raise ValueError("the Gini coefficient needs actual values that differ.")
    return float(actual @ (rankdata(predicted) - centre)) / best


def decile_calibration_error(predicted: npt.ArrayLike, actual: npt.ArrayLike) -> float:
    """Return sum over deciles of |sum(predicted) - sum(actual)|, over sum(actual).

    Deciles are ten equal-count bins of the prediction (they differ by one row at most).

    Parameters
    ----------
    predicted, actual : array-likes of shape (n,)
        In the same unit.

    Raises
    ------
    ValueError
        Shapes differ, a value is not finite, or the actual values sum to 0 or less.
    """
    predicted, actual = _pair(predicted, actual)
    total = _positive_sum(actual)
    gaps = [abs(float(p.sum() - a.sum())) for p, a in _equal_count_bins(predicted, actual, 10)]
    return sum(gaps) / total


def expected_calibration_error(probability: npt.ArrayLike, outcome: npt.ArrayLike) -> float:
    """Return the mean |mean probability - outcome rate| over 10 equal-count bins, by rows.

    Parameters
    ----------
    probability : array-like of shape (n,)
        In 0 to 1.
    outcome : array-like of shape (n,)
        0 or 1.

    Raises
    ------
    ValueError
        Shapes differ, a probability lies outside 0 to 1, or an outcome is neither 0 nor 1.
    """
    probability, outcome = _probabilities(probability, outcome)
    gaps = [abs(float(p.sum() - o.sum())) for p, o in _equal_count_bins(probability, outcome, 10)]
    return sum(gaps) / len(outcome)


def auc(score: npt.ArrayLike, outcome: npt.ArrayLike) -> float:
    """Return P(score of a positive > score of a negative), ties counting one half.

    Parameters
    ----------
    score : array-like of shape (n,)
        Any unit, higher = more likely.
    outcome : array-like of shape (n,)
        0 or 1.

    Raises
    ------
    ValueError
        Shapes differ, a value is not finite, or the outcome is not both 0 and 1.
    """
    score, outcome = _pair(score, outcome)
    _require_binary(outcome)
    positives = float(outcome.sum())
    negatives = len(outcome) - positives
    if positives == 0 or negatives == 0:
        raise ValueError("AUC needs outcomes of both kinds.")
    rank_sum = float(rankdata(score) @ outcome)
    return (rank_sum - positives * (positives + 1) / 2) / (positives * negatives)


def brier_score(probability: npt.ArrayLike, outcome: npt.ArrayLike) -> float:
    """Return the mean squared difference of probability and outcome (0 or 1); lower is better."""
    probability, outcome = _probabilities(probability, outcome)
    return float(np.mean((probability - outcome) ** 2))


def top_decile_lift(score: npt.ArrayLike, actual: npt.ArrayLike) -> float:
    """Return the mean actual of the tenth with the highest score, over the mean of all.

    Parameters
    ----------
    score, actual : array-likes of shape (n,)
        The tenth is ceil(n / 10) rows.

    Raises
    ------
    ValueError
        Shapes differ, a value is not finite, or the actual values sum to 0 or less.
    """
    score, actual = _pair(score, actual)
    overall = _positive_sum(actual) / len(actual)
    _, by_score = _sorted_with_ties_averaged(score, actual)
    return float(by_score[-int(np.ceil(len(actual) / 10)) :].mean()) / overall


def _pair(predicted: npt.ArrayLike, actual: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Return both as finite float64 vectors of one length."""
    first = np.asarray(predicted, dtype=np.float64)
    second = np.asarray(actual, dtype=np.float64)
    if first.ndim != 1 or first.shape != second.shape or first.size == 0:
        raise ValueError(f"expected two vectors of one length, got {first.shape}, {second.shape}.")
    if not (np.isfinite(first).all() and np.isfinite(second).all()):
        raise ValueError("predicted and actual values must be finite.")
    return first, second


def _probabilities(
    probability: npt.ArrayLike, outcome: npt.ArrayLike
) -> tuple[FloatArray, FloatArray]:
    """Return both as vectors, checked to lie in 0 to 1 and to be 0 or 1."""
    first, second = _pair(probability, outcome)
    if np.any((first < 0) | (first > 1)):
        raise ValueError("probabilities lie between 0 and 1.")
    _require_binary(second)
    return first, second


def _require_binary(outcome: FloatArray) -> None:
    """Refuse outcomes that are neither 0 nor 1."""
    if np.any((outcome != 0) & (outcome != 1)):
        raise ValueError("outcomes are 0 or 1.")


def _positive_sum(actual: FloatArray) -> float:
    """Return the sum of the actual values, refusing a sum that cannot be divided by."""
    total = float(actual.sum())
    if total <= 0:
        raise ValueError("the actual values sum to 0 or less, so nothing can be compared to them.")
    return total


def _sorted_with_ties_averaged(
    predicted: FloatArray, actual: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Sort by prediction, giving tied rows the mean actual of their tie."""
    values, tie, count = np.unique(predicted, return_inverse=True, return_counts=True)
    mean_actual = np.bincount(tie, weights=actual) / count
    return np.repeat(values, count), np.repeat(mean_actual, count)


def _equal_count_bins(
    predicted: FloatArray, actual: FloatArray, bins: int
) -> list[tuple[FloatArray, FloatArray]]:
    """Cut the sorted rows into bins of equal count, empty ones left out."""
    by_prediction = _sorted_with_ties_averaged(predicted, actual)
    parts = (np.array_split(values, bins) for values in by_prediction)
    return [(p, a) for p, a in zip(*parts, strict=True) if len(p)]
