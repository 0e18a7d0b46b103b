"""Segments of customers learned from their behaviour, with names that last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.base import BaseEstimator, ClusterMixin
from sklearn.pipeline import Pipeline
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from ml.inputs import FloatArray, finite_column, require_columns
from ml.segment_count import (
    IntArray,
    SegmentCountCandidate,
    SegmentCountSettings,
    choose_segments,
)
from ml.segment_names import match_centroids, name_segments, unique_name
from ml.segment_pipeline import fitted_pipeline, one_thread, restored_scaling, scaling_steps


class CustomerSegmenter(ClusterMixin, BaseEstimator):
    """K-means on log-scaled features, with a stable number of segments and lasting names.

    Parameters
    ----------
    columns : sequence of str, optional
        Features to take from a DataFrame. All columns unless given; arrays are then accepted too.
    k_min, k_max : int, default 4 and 8
        Numbers of segments tried.
    minimum_stability : float, default 0.8
        Least mean adjusted Rand index with clusterings of bootstrap samples.
    minimum_share : float, default 0.02
        Least share of customers in the smallest segment.
    bootstrap_count : int, default 10
        Bootstrap samples for each number of segments.
    sample_size : int, default 2000
        Rows of the samples on which the numbers are compared.
    random_state : int, default 0
        Seed: equal data give equal segments.

    Attributes
    ----------
    pipeline_ : Pipeline
        Signed logarithm, robust scaling, k-means; frozen until :meth:`fit` is called again.
    feature_columns_ : tuple of str
        Names of the features, ``x0``, ``x1``, … for arrays.
    segment_ids_, segment_names_ : ndarray of int of shape (k,), list of k str
        Of each cluster. Ids are 0 to k - 1 in the first fit, by falling centroid of the last
        feature; :meth:`match_labels` carries them over a refit.
    labels_ : ndarray of int of shape (n,)
        Segment ids of the rows fitted; not kept by :meth:`to_dict`.
    candidates_ : list of SegmentCountCandidate
        Every number of segments tried, with its figures.
    is_stable_ : bool
        Whether the number chosen passed both limits. Where none did, the most stable is used.

    Notes
    -----
    Names come from the columns ``recency_days``, ``order_day_count`` and ``net_revenue_amount``.

    Examples
    --------
    >>> random = np.random.default_rng(0)
    >>> customers = pd.DataFrame({
    ...     "recency_days": random.integers(1, 400, 200),
    ...     "net_revenue_amount": random.gamma(2.0, 50.0, 200)})
    >>> segmenter = CustomerSegmenter().fit(customers)
    >>> segmenter.assign(customers).columns.tolist()
    ['segment_id', 'segment_name', 'distance']
    """

    def __init__(
        self,
        columns: Sequence[str] | None = None,
        *,
        k_min: int = 4,
        k_max: int = 8,
        minimum_stability: float = 0.8,
        minimum_share: float = 0.02,
        bootstrap_count: int = 10,
        sample_size: int = 2000,
        random_state: int = 0,
    ) -> None:
        self.columns = columns
        self.k_min = k_min
        self.k_max = k_max
        self.minimum_stability = minimum_stability
        self.minimum_share = minimum_share
        self.bootstrap_count = bootstrap_count
        self.sample_size = sample_size
        self.random_state = random_state

    def fit(self, X: pd.DataFrame | npt.ArrayLike, y: None = None) -> Self:
        """Learn scaling, number of segments and centroids.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n, features)
            One row per customer, finite numbers.
        y : None
            Ignored.

        Raises
        ------
        ValueError
            A feature is missing, not finite, or a setting is impossible.
        NotEnoughData
            There are not more distinct customers than ``k_min``.
        """
        settings = SegmentCountSettings(
            self.k_min, self.k_max, self.minimum_stability, self.minimum_share,
            self.bootstrap_count, self.sample_size,
        )  # fmt: skip
        features = self._features(X, reset=True)
        scaling = scaling_steps()
        scaled = Pipeline(scaling).fit_transform(features)
        clusters, self.candidates_ = choose_segments(
            scaled, settings, check_random_state(self.random_state)
        )
        self.is_stable_ = {c.k: c.qualifies for c in self.candidates_}[clusters.n_clusters]
        centroids = clusters.cluster_centers_
        self.pipeline_ = fitted_pipeline(scaling, centroids[np.argsort(-centroids[:, -1])])
        self.segment_ids_: IntArray = np.arange(len(centroids), dtype=np.int64)
        self.segment_names_ = name_segments(self._centroids(), self.feature_columns_)
        self._next_segment_id = len(centroids)
        self.labels_ = self.segment_ids_[self._distances(features).argmin(axis=1)]
        return self

    def predict(self, X: pd.DataFrame | npt.ArrayLike) -> IntArray:
        """Return the segment id of each row, shape (n,)."""
        check_is_fitted(self, "pipeline_")
        labels: IntArray = self.segment_ids_[self._distances(self._features(X)).argmin(axis=1)]
        return labels

    def assign(self, X: pd.DataFrame | npt.ArrayLike) -> pd.DataFrame:
        """Return segment, its name and the distance to its centroid, for each row.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n, features)

        Returns
        -------
        DataFrame
            ``segment_id``, ``segment_name``, ``distance`` (in scaled units: an interquartile
            range of each logarithm is 1); index of X where it has one.
        """
        check_is_fitted(self, "pipeline_")
        distances = self._distances(self._features(X))
        cluster = distances.argmin(axis=1)
        return pd.DataFrame(
            {
                "segment_id": self.segment_ids_[cluster],
                "segment_name": np.array(self.segment_names_, dtype=object)[cluster],
                "distance": distances[np.arange(len(cluster)), cluster],
            },
            index=X.index if isinstance(X, pd.DataFrame) else None,
        )

    def match_labels(self, previous: Self) -> Self:
        """Take over ids and names of the segments of an earlier fit that are found again.

        Parameters
        ----------
        previous : CustomerSegmenter
            Fitted on the same features; not changed.

        Returns
        -------
        self
            Segments found again (see :func:`~ml.segment_names.match_centroids`, measured in the
            scale of the earlier fit) keep id and name; others get a new id, never one that was
            used before, and a name that no matched segment has.

        Raises
        ------
        ValueError
            The features differ.
        """
        check_is_fitted(self, "pipeline_")
        check_is_fitted(previous, "pipeline_")
        if self.feature_columns_ != previous.feature_columns_:
            raise ValueError("segments can only be matched to a fit on the same features.")
        fresh = self.pipeline_[:-1].inverse_transform(self._centroids())
        matches = match_centroids(previous._centroids(), previous.pipeline_[:-1].transform(fresh))
        names = {new: previous.segment_names_[old] for new, old in matches.items()}
        ids = {new: int(previous.segment_ids_[old]) for new, old in matches.items()}
        next_id = previous._next_segment_id
        for cluster in sorted(set(range(len(fresh))) - set(matches)):
            ids[cluster], next_id = next_id, next_id + 1
            names[cluster] = unique_name(self.segment_names_[cluster], names.values())
        order = np.array([ids[cluster] for cluster in range(len(fresh))], dtype=np.int64)
        if hasattr(self, "labels_"):
            self.labels_ = order[np.searchsorted(self.segment_ids_, self.labels_)]
        self.segment_ids_ = order
        self.segment_names_ = [names[cluster] for cluster in range(len(fresh))]
        self._next_segment_id = next_id
        return self

    def to_dict(self) -> dict[str, Any]:
        """Return the fitted segments as plain JSON values."""
        check_is_fitted(self, "pipeline_")
        scale = self.pipeline_.named_steps["scale"]
        parameters = self.get_params()
        columns = parameters.pop("columns")
        return {
            "parameters": {"columns": None if columns is None else list(columns), **parameters},
            "feature_columns": list(self.feature_columns_),
            "center": scale.center_.tolist(),
            "scale": scale.scale_.tolist(),
            "centroids": self._centroids().tolist(),
            "segment_ids": self.segment_ids_.tolist(),
            "segment_names": list(self.segment_names_),
            "next_segment_id": self._next_segment_id,
            "candidates": [asdict(candidate) for candidate in self.candidates_],
            "is_stable": self.is_stable_,
        }

    @classmethod
    def from_dict(cls, state: Mapping[str, Any]) -> Self:
        """Return the segmenter that :meth:`to_dict` described; it predicts the same."""
        segmenter = cls(**state["parameters"])
        centroids = np.array(state["centroids"], dtype=np.float64)
        segmenter.feature_columns_ = tuple(state["feature_columns"])
        segmenter.n_features_in_ = centroids.shape[1]
        scaling = restored_scaling(np.array(state["center"]), np.array(state["scale"]))
        segmenter.pipeline_ = fitted_pipeline(scaling, centroids)
        segmenter.segment_ids_ = np.array(state["segment_ids"], dtype=np.int64)
        segmenter.segment_names_ = list(state["segment_names"])
        segmenter._next_segment_id = int(state["next_segment_id"])
        segmenter.candidates_ = [SegmentCountCandidate(**c) for c in state["candidates"]]
        segmenter.is_stable_ = bool(state["is_stable"])
        return segmenter

    def _centroids(self) -> FloatArray:
        """Return the centroids in scaled units, shape (k, features)."""
        centroids: FloatArray = self.pipeline_[-1].cluster_centers_
        return centroids

    def _distances(self, features: FloatArray) -> FloatArray:
        """Return the distance of each row to each centroid, shape (n, k), on one thread."""
        with one_thread():
            distances: FloatArray = self.pipeline_.transform(features)
        return distances

    def _features(self, X: pd.DataFrame | npt.ArrayLike, *, reset: bool = False) -> FloatArray:
        """Return the checked features as an array, remembering their names at a fit."""
        if self.columns is not None:
            require_columns(X, self.columns)
        names: tuple[str, ...] = ()
        if isinstance(X, pd.DataFrame):
            names = tuple(self.columns or X.columns) if reset else self.feature_columns_
            X = np.column_stack([finite_column(X, name) for name in names])
        features: FloatArray = validate_data(self, X, reset=reset, dtype=np.float64)
        if reset:
            numbered = tuple(f"x{position}" for position in range(features.shape[1]))
            self.feature_columns_: tuple[str, ...] = names or numbered
        return features
