"""Connected components: everything that evidence ties together, however far."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


def components(node_count: int, left: Any, right: Any) -> Ints:
    """The smallest node of the component of each node.

    Parameters
    ----------
    node_count
        Nodes are 0 to `node_count` - 1.
    left, right : array-like of int, shape (edges,)
        The two ends of each edge; direction and order mean nothing.

    Returns
    -------
    array of int, shape (node_count,)

    Examples
    --------
    >>> components(5, [3, 1], [1, 4]).tolist()
    [0, 1, 2, 1, 1]
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    left, right = np.asarray(left, dtype=np.int64), np.asarray(right, dtype=np.int64)
    graph = coo_array(
        (np.ones(len(left), dtype=bool), (left, right)), shape=(node_count, node_count)
    )
    _, labels = connected_components(graph, directed=False)
    return smallest_of_each(labels)


def smallest_of_each(labels: Any) -> Ints:
    """For each node the smallest node that has its label, which no order of input changes."""
    labels = np.asarray(labels)
    _, first, which = np.unique(labels, return_index=True, return_inverse=True)
    smallest: Ints = first[which].astype(np.int64)
    return smallest
