"""Clusters of one person each: components, and where one holds a conflict, a forest."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.identity.components import Ints, components, smallest_of_each
from ml.identity.forest import Forest

Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Evidence:
    """Edges between nodes.

    left, right : the two ends. strength : the stronger is believed first. since : of equals the
    one that is known longer, as a number; NaN where unknown. is_forced : whether a person has
    decided it: it unites two clusters whole, as all other edges have made them, and only another
    person's word counts against it. is_weak : whether it is itself only likely, so that a chain of
    such edges may not grow beyond `most_nodes`.
    """

    left: Any
    right: Any
    strength: Any
    since: Any = None
    is_forced: Any = None
    is_weak: Any = None


@dataclass(frozen=True)
class Conflicts:
    """Pairs of nodes that may not be one person; `is_decided` where a person has said so."""

    left: Any = field(default_factory=list)
    right: Any = field(default_factory=list)
    is_decided: Any = None


def clusters(
    node_count: int,
    evidence: Evidence,
    conflicts: Conflicts | None = None,
    most_nodes: int | None = None,
) -> Ints:
    """The smallest node of the cluster of each node.

    A component without a conflict is a cluster. In any other the edges are taken in descending
    strength, as Kruskal's maximum spanning tree takes them, and an edge is refused when it would
    unite two nodes that conflict: so a component is split at the weakest edges between them.

    Parameters
    ----------
    node_count
        Nodes are 0 to `node_count` - 1. Of equal edges the one between smaller nodes comes first,
        so nodes should be numbered by what they stand for, never by their order of arrival.
    evidence
        The edges, in any order.
    conflicts
        The pairs that no cluster may hold.
    most_nodes
        Size beyond which a weak edge adds nothing to a cluster.

    Returns
    -------
    array of int, shape (node_count,)

    Examples
    --------
    Two accounts (0, 1) of different persons share a telephone (2), known longer to the first:

    >>> shared = Evidence([0, 1], [2, 2], strength=[5, 5], since=[2010, 2020])
    >>> clusters(3, shared).tolist()
    [0, 0, 0]
    >>> clusters(3, shared, Conflicts([0], [1])).tolist()
    [0, 1, 0]
    """
    edges = _Edges.of(evidence)
    hostile = _pairs(conflicts or Conflicts())
    found = components(node_count, edges.left, edges.right)
    doubtful = _doubtful(found, edges, hostile, most_nodes)
    if not doubtful.any():
        return found
    labels = np.where(doubtful, np.arange(node_count), found)
    forest = Forest(most_nodes)
    for a, b, is_decided in zip(*(column.tolist() for column in hostile), strict=True):
        if doubtful[a] and found[a] == found[b]:
            forest.keep_apart(a, b, is_decided)
    for row in edges.in_order(doubtful[edges.left]):
        forest.join(
            int(edges.left[row]),
            int(edges.right[row]),
            bool(edges.is_forced[row]),
            bool(edges.is_weak[row]),
        )
    for node in np.flatnonzero(doubtful).tolist():
        labels[node] = forest.root(node)
    return smallest_of_each(labels)


@dataclass(frozen=True)
class _Edges:
    left: Ints
    right: Ints
    strength: NDArray[np.float64]
    since: NDArray[np.float64]
    is_forced: Bools
    is_weak: Bools

    @classmethod
    def of(cls, evidence: Evidence) -> _Edges:
        """Evidence as arrays, the smaller end of each edge left."""
        ends = np.array([evidence.left, evidence.right], dtype=np.int64)
        count = ends.shape[1]
        return cls(
            ends.min(axis=0, initial=2**62),
            ends.max(axis=0, initial=-1),
            np.asarray(evidence.strength, dtype=np.float64),
            _or(evidence.since, np.full(count, np.nan)),
            _or(evidence.is_forced, np.zeros(count, dtype=bool)),
            _or(evidence.is_weak, np.zeros(count, dtype=bool)),
        )

    def in_order(self, chosen: Bools) -> list[int]:
        """The chosen edges: by descending strength, the longest known, the ends; decided ones last.

        Were they first, what belongs to one of two persons would conflict with the other and go.
        """
        rows = np.flatnonzero(chosen)
        keys = (self.right, self.left, self.since, -self.strength, self.is_forced)
        order = np.lexsort([key[rows] for key in keys])  # NaN sorts last
        found: list[int] = rows[order].tolist()
        return found


def _or(given: Any, default: NDArray[Any]) -> NDArray[Any]:
    return default if given is None else np.asarray(given, dtype=default.dtype)


def _pairs(conflicts: Conflicts) -> tuple[Ints, Ints, Bools]:
    left = np.asarray(conflicts.left, dtype=np.int64)
    right = np.asarray(conflicts.right, dtype=np.int64)
    return left, right, _or(conflicts.is_decided, np.zeros(len(left), dtype=bool))


def _doubtful(
    found: Ints, edges: _Edges, hostile: tuple[Ints, Ints, Bools], most_nodes: int | None
) -> Bools:
    """The nodes whose component holds a conflict, or weak edges and too many nodes."""
    left, right, _ = hostile
    is_doubtful = np.zeros(len(found), dtype=bool)
    is_doubtful[found[left[found[left] == found[right]]]] = True
    if most_nodes is not None:
        sizes = np.bincount(found, minlength=len(found))
        weak = found[edges.left[edges.is_weak]]
        is_doubtful[weak[sizes[weak] > most_nodes]] = True
    doubtful: Bools = is_doubtful[found]
    return doubtful
