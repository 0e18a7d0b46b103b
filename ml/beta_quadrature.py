"""Gauss quadrature for the expectation of a smooth function of a beta variable."""

from __future__ import annotations

import numpy as np
from scipy.linalg import eigh_tridiagonal

from ml.inputs import FloatArray


def beta_nodes(a: float, b: float, count: int) -> tuple[FloatArray, FloatArray]:
    """Return nodes and weights so that E[f(p)] is about sum(weights * f(nodes)), p ~ Beta(a, b).

    Parameters
    ----------
    a, b : float
        Shapes of the beta distribution, above 0.
    count : int
        Number of nodes; polynomials up to degree ``2 count - 1`` are integrated exactly.

    Returns
    -------
    nodes, weights : ndarrays of shape (count,)
        Nodes in (0, 1), ascending; the weights sum to 1.

    Notes
    -----
    Golub and Welsch (1969): the nodes are the eigenvalues of the tridiagonal matrix of the
    recurrence of the Jacobi polynomials, the weights the squared first components of its
    eigenvectors. No gamma function is evaluated, so large shapes do not overflow.
    """
    if not (a > 0 and b > 0):
        raise ValueError(f"the shapes of a beta distribution are positive, got {a} and {b}.")
    left, right = b - 1.0, a - 1.0
    total = left + right
    n = np.arange(1, count, dtype=np.float64)
    diagonal = np.empty(count)
    diagonal[0] = (right - left) / (total + 2)
    diagonal[1:] = (right - left) * total / ((2 * n + total) * (2 * n + total + 2))
    # At n = 1 the factor (n + total) cancels against (2 n + total - 1), which may both be 0.
    ratio = np.ones_like(n)
    ratio[1:] = (n[1:] + total) / (2 * n[1:] + total - 1)
    squared = 4 * n * (n + left) * (n + right) * ratio
    squared /= (2 * n + total) ** 2 * (2 * n + total + 1)
    eigenvalues, eigenvectors = eigh_tridiagonal(diagonal, np.sqrt(squared))
    nodes: FloatArray = np.clip((1 + eigenvalues) / 2, np.finfo(np.float64).tiny, 1.0)
    weights: FloatArray = eigenvectors[0] ** 2
    return nodes, weights
