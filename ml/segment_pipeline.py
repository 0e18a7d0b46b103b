"""The steps that lead from a customer's figures to a segment."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

import numpy as np
from sklearn.cluster import KMeans
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer, RobustScaler
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped, unused-ignore]

from ml.inputs import FloatArray

Steps = list[tuple[str, Any]]


def signed_logarithm(values: FloatArray) -> FloatArray:
    """Return sign(v) log(1 + |v|): amounts may be negative where more is returned than bought."""
    logarithm: FloatArray = np.sign(values) * np.log1p(np.abs(values))
    return logarithm


def signed_exponential(values: FloatArray) -> FloatArray:
    """Undo the signed logarithm."""
    amounts: FloatArray = np.sign(values) * np.expm1(np.abs(values))
    return amounts


def scaling_steps() -> Steps:
    """Return the unfitted steps before the clustering: signed logarithm, robust scaling."""
    logarithm = FunctionTransformer(signed_logarithm, signed_exponential, check_inverse=False)
    return [("logarithm", logarithm), ("scale", RobustScaler())]


def restored_scaling(center: FloatArray, scale: FloatArray) -> Steps:
    """Return the fitted steps before the clustering, from medians and interquartile ranges."""
    steps = scaling_steps()
    Pipeline(steps).fit(np.zeros((2, len(center))))
    steps[-1][1].center_ = np.asarray(center, dtype=np.float64)
    steps[-1][1].scale_ = np.asarray(scale, dtype=np.float64)
    return steps


def fitted_pipeline(scaling: Steps, centroids: FloatArray) -> Pipeline:
    """Join fitted scaling steps and centroids, so that cluster i is row i of the centroids."""
    with one_thread():
        clusters = KMeans(len(centroids), init=centroids, n_init=1, max_iter=1).fit(centroids)
    clusters.cluster_centers_ = np.ascontiguousarray(centroids)
    return Pipeline([*scaling, ("clusters", clusters)])


def one_thread() -> AbstractContextManager[object]:
    """Hold numerical libraries to one thread within the block.

    Clustering is many short loops here: on a busy machine threads that wait for each other took
    up to thirty times the work. One thread also adds in one order, so equal data give equal bits.
    """
    limits: AbstractContextManager[object] = threadpool_limits(limits=1)
    return limits
