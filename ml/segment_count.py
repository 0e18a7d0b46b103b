"""How many segments: as separate as possible among those that a resampling would find again."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score, silhouette_score

from ml.errors import NotEnoughData
from ml.inputs import FloatArray
from ml.segment_pipeline import one_thread

IntArray = npt.NDArray[np.int64]

_STARTS = 4
_BOOTSTRAP_STARTS = 2


@dataclass(frozen=True)
class SegmentCountSettings:
    """Within what limits the number of segments is chosen.

    Parameters
    ----------
    k_min, k_max : int
        Numbers tried, both included.
    minimum_stability : float
        Least mean adjusted Rand index between the clustering and those of bootstrap samples.
    minimum_share : float
        Least share of customers in the smallest segment.
    bootstrap_count : int
        Bootstrap samples for each number.
    sample_size : int
        Rows on which silhouettes and Rand indices are computed, and of each bootstrap sample.
    """

    k_min: int
    k_max: int
    minimum_stability: float
    minimum_share: float
    bootstrap_count: int
    sample_size: int

    def __post_init__(self) -> None:
        if not 2 <= self.k_min <= self.k_max:
            raise ValueError(f"need 2 <= k_min <= k_max, got {self.k_min} and {self.k_max}.")
        if self.bootstrap_count < 1 or self.sample_size < 2:
            raise ValueError("bootstrap_count must be 1 or more, sample_size 2 or more.")


@dataclass(frozen=True)
class SegmentCountCandidate:
    """One number of segments, its figures, and whether it passes the limits."""

    k: int
    silhouette: float
    stability: float
    smallest_share: float
    qualifies: bool


def choose_segments(
    scaled: FloatArray, settings: SegmentCountSettings, random: np.random.RandomState
) -> tuple[KMeans, list[SegmentCountCandidate]]:
    """Cluster for every number of segments and return the best clustering.

    Parameters
    ----------
    scaled : ndarray of shape (n, features)
        Scaled features.
    settings : SegmentCountSettings
    random : RandomState
        Advanced by this call.

    Returns
    -------
    KMeans
        Fitted: the highest silhouette among the numbers that qualify; where none does, the most
        stable among those with large enough segments (or among all).
    list of SegmentCountCandidate
        Every number tried, in order.

    Raises
    ------
    NotEnoughData
        The rows hold fewer distinct points than k_min + 1.
    """
    distinct = len(np.unique(scaled, axis=0))
    if distinct <= settings.k_min:
        raise NotEnoughData(
            f"{settings.k_min} segments need more than {settings.k_min} distinct customers, "
            f"there are {distinct} (n_samples = {len(scaled)})."
        )
    rows = random.permutation(len(scaled))[: settings.sample_size]
    clusterings, candidates = [], []
    with one_thread():
        for k in range(settings.k_min, min(settings.k_max, distinct - 1) + 1):
            clusters = _k_means(scaled, k, _STARTS, random)
            clusterings.append(clusters)
            candidates.append(_judge(scaled, scaled[rows], clusters, settings, random))
    return clusterings[candidates.index(_best(candidates, settings))], candidates


def _best(
    candidates: list[SegmentCountCandidate], settings: SegmentCountSettings
) -> SegmentCountCandidate:
    """Return the candidate to use; the first, so the smallest, of equals."""
    qualified = [candidate for candidate in candidates if candidate.qualifies]
    if qualified:
        return max(qualified, key=lambda candidate: candidate.silhouette)
    large = [c for c in candidates if c.smallest_share >= settings.minimum_share]
    return max(large or candidates, key=lambda candidate: candidate.stability)


def _judge(
    scaled: FloatArray,
    sample: FloatArray,
    clusters: KMeans,
    settings: SegmentCountSettings,
    random: np.random.RandomState,
) -> SegmentCountCandidate:
    """Measure one clustering."""
    k = int(clusters.n_clusters)
    labels = clusters.predict(sample)
    share = float(np.bincount(clusters.labels_, minlength=k).min() / len(scaled))
    stability = _stability(scaled, sample, labels, k, settings, random)
    is_split = 1 < len(np.unique(labels)) < len(sample)
    return SegmentCountCandidate(
        k=k,
        silhouette=float(silhouette_score(sample, labels)) if is_split else -1.0,
        stability=stability,
        smallest_share=share,
        qualifies=stability >= settings.minimum_stability and share >= settings.minimum_share,
    )


def _stability(
    scaled: FloatArray,
    sample: FloatArray,
    labels: IntArray,
    k: int,
    settings: SegmentCountSettings,
    random: np.random.RandomState,
) -> float:
    """Return the mean adjusted Rand index of bootstrap clusterings with this one."""
    size = min(len(scaled), settings.sample_size)
    indices = []
    for _ in range(settings.bootstrap_count):
        drawn = scaled[random.randint(0, len(scaled), size)]
        found = _k_means(drawn, min(k, len(np.unique(drawn, axis=0))), _BOOTSTRAP_STARTS, random)
        indices.append(adjusted_rand_score(labels, found.predict(sample)))
    return float(np.mean(indices))


def _k_means(points: FloatArray, k: int, starts: int, random: np.random.RandomState) -> KMeans:
    """Fit k-means with its own seed drawn from the generator."""
    return KMeans(k, n_init=starts, random_state=int(random.randint(2**31 - 1))).fit(points)
