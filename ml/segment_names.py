"""Names of learned segments that people can read, and that last from one fit to the next."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist

from ml.inputs import FloatArray

#: Feature -> words for a centroid in the lower, middle and upper third of the segments' range.
LEVEL_WORDS: dict[str, tuple[str, str, str]] = {
    "recency_days": ("recent", "cooling", "dormant"),
    "order_day_count": ("rare", "regular", "frequent"),
    "net_revenue_amount": ("low spend", "middle spend", "high spend"),
}


def name_segments(centroids: FloatArray, columns: Sequence[str]) -> list[str]:
    """Name each segment by where its centroid lies among the others, unique among them.

    Parameters
    ----------
    centroids : ndarray of shape (k, features)
        In scaled units.
    columns : sequence of str
        Names of the features; those of :data:`LEVEL_WORDS` give words, others none.

    Returns
    -------
    list of k str
        Such as "recent, frequent, high spend"; of equal names the later ones carry a number.
        Without a column that gives words, "segment".
    """
    positions = {name: columns.index(name) for name in LEVEL_WORDS if name in columns}
    words = {name: _level_words(name, centroids[:, at]) for name, at in positions.items()}
    names: list[str] = []
    for segment in range(len(centroids)):
        name = ", ".join(levels[segment] for levels in words.values())
        names.append(unique_name(name or "segment", names))
    return names


def unique_name(name: str, taken: Collection[str]) -> str:
    """Return the name, with the first free number from 2 on where it is taken."""
    candidate, number = name, 1
    while candidate in taken:
        number += 1
        candidate = f"{name} {number}"
    return candidate


def match_centroids(previous: FloatArray, current: FloatArray) -> dict[int, int]:
    """Pair the segments of two fits.

    Parameters
    ----------
    previous, current : ndarrays of shape (k, features) and (l, features)
        Centroids in one common scale.

    Returns
    -------
    dict
        Row of ``current`` -> row of ``previous``, each used once. The pairs have the least total
        distance (Hungarian method); a pair is kept only where the current centroid would itself
        be assigned to that previous segment, so that a name never moves to other customers.
    """
    distance = cdist(previous, current)
    nearest = distance.argmin(axis=0)
    pairs = zip(*linear_sum_assignment(distance), strict=True)
    return {int(new): int(old) for old, new in pairs if nearest[new] == old}


def _level_words(name: str, values: FloatArray) -> list[str]:
    """Return the word of each segment for one feature."""
    spread = float(np.ptp(values))
    if spread == 0:
        return [LEVEL_WORDS[name][1]] * len(values)
    thirds = np.minimum((3 * (values - values.min()) / spread).astype(int), 2)
    return [LEVEL_WORDS[name][third] for third in thirds]
