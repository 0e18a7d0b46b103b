"""Clusters of linked records that no chain of links may blow up or make contradict itself."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from ml.inputs import finite_column, require_columns

IntArray = npt.NDArray[np.int64]


def guarded_clusters(
    nodes: pd.DataFrame,
    edges: pd.DataFrame,
    *,
    conflicts: Sequence[str] = (),
    max_size: int = 50,
) -> pd.DataFrame:
    """Return the cluster of every node.

    Links are taken from the strongest to the weakest. A link joins the clusters at its ends,
    unless the union would hold more than `max_size` nodes or two different values of a conflict
    column: then the two stay apart for good. So a component that breaks a guard is cut at its
    weakest links, and one that breaks none is a plain connected component. The result does not
    depend on the order of the rows.

    Parameters
    ----------
    nodes : DataFrame, n rows
        ``node``, unique, and the conflict columns; a missing value contradicts nothing.
    edges : DataFrame, m rows
        ``left`` and ``right``, nodes; ``weight``, larger is stronger. Of several edges between two
        nodes the strongest counts.
    conflicts : sequence of str
        Columns of `nodes` of which a cluster holds one value at most.
    max_size : int
        Most nodes in a cluster.

    Returns
    -------
    DataFrame, n rows in ascending order of their nodes
        ``node``; ``component``, all that links reach, and ``cluster``, what the guards leave of
        it, both named after their first node.

    Raises
    ------
    ValueError
        A column is missing, a node comes twice, an edge names no node, a weight is not finite.
    """
    require_columns(nodes, ["node", *conflicts])
    require_columns(edges, ["left", "right"])
    if max_size < 1:
        raise ValueError("max_size must be 1 or more.")
    nodes = nodes.sort_values("node", ignore_index=True)
    index = pd.Index(nodes["node"], name="node")
    if not index.is_unique:
        raise ValueError("a node comes twice.")
    values = np.column_stack(
        [np.zeros((len(nodes), 0), np.int64), *(_codes(nodes[name]) for name in conflicts)]
    )
    ends, weights = _ends(edges, index), finite_column(edges, "weight")
    component = _components(ends, len(nodes))
    order = np.lexsort((_scattered(index, ends), -weights))
    clusters = _clusters(ends[order], component, values, max_size)
    return pd.DataFrame(
        {"node": index, "component": index[_first_nodes(component)], "cluster": index[clusters]}
    )


def _codes(column: pd.Series) -> IntArray:
    """Values as numbers from 0; -1 where missing."""
    return pd.factorize(column)[0].astype(np.int64)


def _ends(edges: pd.DataFrame, index: pd.Index) -> IntArray:
    """Both ends of every edge as positions, the smaller first."""
    ends = np.column_stack([index.get_indexer(pd.Index(edges[name])) for name in ("left", "right")])
    if (ends < 0).any():
        raise ValueError("an edge names a node that is not among the nodes.")
    ends.sort(axis=1)
    return ends.astype(np.int64)


def _components(ends: IntArray, count: int) -> IntArray:
    links = coo_array((np.ones(len(ends)), (ends[:, 0], ends[:, 1])), shape=(count, count))
    return connected_components(links, directed=False)[1].astype(np.int64)


def _scattered(index: pd.Index, ends: IntArray) -> npt.NDArray[np.uint64]:
    """An order among equal weights that hangs on the two nodes alone and follows no chain."""
    hashes = pd.util.hash_array(index.to_numpy())
    return pd.util.hash_array(hashes[ends[:, 0]] * np.uint64(31) + hashes[ends[:, 1]])


def _clusters(ends: IntArray, component: IntArray, values: IntArray, max_size: int) -> IntArray:
    """The first node of the cluster of every node; edges come strongest first."""
    is_broken = _broken(component, values, max_size)[component]
    clusters = _first_nodes(component)
    clusters[is_broken] = np.flatnonzero(is_broken)
    return _joined(ends[is_broken[ends[:, 0]]], clusters, values, max_size)


def _first_nodes(component: IntArray) -> IntArray:
    _, first, inverse = np.unique(component, return_index=True, return_inverse=True)
    return first[inverse].astype(np.int64)


def _broken(component: IntArray, values: IntArray, max_size: int) -> npt.NDArray[np.bool_]:
    """Whether each component breaks a guard."""
    broken = np.bincount(component) > max_size
    for column in values.T:
        known = pd.DataFrame({"component": component, "value": column})[column >= 0]
        different = known.groupby("component")["value"].nunique()
        broken[different.index[different > 1]] = True
    return broken


def _joined(ends: IntArray, clusters: IntArray, values: IntArray, max_size: int) -> IntArray:
    """Join clusters along links, strongest first.

    In a round, each link that is the strongest at both its ends is decided. No stronger link can
    reach its ends any more, so what is decided is what taking link by link would decide.
    """
    sizes, values = np.bincount(clusters, minlength=len(clusters)), values.copy()
    ranks = np.arange(len(ends))
    while len(ends):
        ends, ranks = _between(np.sort(clusters[ends], axis=1), ranks)
        allowed = _allowed(ends, sizes, values, max_size)
        ends, ranks = ends[allowed], ranks[allowed]
        left, right = ends[_strongest_at_both_ends(ends, ranks, len(clusters))].T
        sizes[left] += sizes[right]
        values[left] = np.maximum(values[left], values[right])
        renamed = np.arange(len(clusters))
        renamed[right] = left
        clusters = renamed[clusters]
    return clusters


def _between(ends: IntArray, ranks: IntArray) -> tuple[IntArray, IntArray]:
    """One link between two clusters, the strongest; links come in the order of their ranks."""
    _, first = np.unique(ends, axis=0, return_index=True)
    first.sort()
    kept = first[ends[first, 0] != ends[first, 1]]
    return ends[kept], ranks[kept]


def _allowed(
    ends: IntArray, sizes: IntArray, values: IntArray, max_size: int
) -> npt.NDArray[np.bool_]:
    left, right = ends.T
    contradict = (values[left] != values[right]) & (values[left] >= 0) & (values[right] >= 0)
    allowed: npt.NDArray[np.bool_] = ~contradict.any(axis=1)
    allowed &= sizes[left] + sizes[right] <= max_size
    return allowed


def _strongest_at_both_ends(ends: IntArray, ranks: IntArray, count: int) -> npt.NDArray[np.bool_]:
    best = np.full(count, np.iinfo(np.int64).max)
    np.minimum.at(best, ends.ravel(), np.repeat(ranks, 2))
    chosen: npt.NDArray[np.bool_] = (best[ends] == ranks[:, None]).all(axis=1)
    return chosen
