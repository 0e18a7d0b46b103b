"""Maximum likelihood over positive parameters, by L-BFGS-B in their logarithms."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from ml.inputs import FloatArray

#: Parameters -> (log-likelihood, its gradient by the parameters).
LogLikelihood = Callable[[FloatArray], tuple[float, FloatArray]]

_GRADIENT_TOLERANCE = 1e-5


@dataclass(frozen=True)
class MaximumLikelihoodFit:
    """Where the search ended: parameters, log-likelihood, and whether that is a maximum."""

    parameters: FloatArray
    log_likelihood: float
    converged: bool


def maximise(
    log_likelihood: LogLikelihood,
    start: Sequence[float],
    bounds: Sequence[tuple[float, float]],
    *,
    observation_count: float,
    max_iterations: int,
) -> MaximumLikelihoodFit:
    """Maximise a log-likelihood over positive parameters.

    Parameters
    ----------
    log_likelihood : callable
        Takes k parameters, returns the total log-likelihood and its gradient of shape (k,).
    start, bounds : sequences of k values and k (low, high) pairs
        On the natural scale, all positive.
    observation_count : float
        The objective is divided by it, so that tolerances mean the same for any size of data.
    max_iterations : int
        Iterations of L-BFGS-B.

    Returns
    -------
    MaximumLikelihoodFit
        ``converged`` asks for a vanishing gradient in the logarithms, except where a parameter
        lies on a bound and the likelihood rises beyond it.
    """

    def objective(logarithms: FloatArray) -> tuple[float, FloatArray]:
        parameters = np.exp(logarithms)
        value, gradient = log_likelihood(parameters)
        return -value / observation_count, -gradient * parameters / observation_count

    low, high = np.log(np.asarray(bounds, dtype=np.float64)).T
    result = minimize(
        objective,
        np.log(np.asarray(start, dtype=np.float64)),
        jac=True,
        method="L-BFGS-B",
        bounds=list(zip(low.tolist(), high.tolist(), strict=True)),
        options={
            "maxiter": max_iterations,
            "maxfun": 4 * max_iterations,
            "ftol": 1e-15,
            "gtol": 1e-8,
        },
    )
    value, gradient = objective(result.x)
    is_held = ((result.x <= low) & (gradient > 0)) | ((result.x >= high) & (gradient < 0))
    steepest = float(np.max(np.abs(np.where(is_held, 0.0, gradient))))
    return MaximumLikelihoodFit(
        parameters=np.exp(result.x),
        log_likelihood=-value * observation_count,
        converged=bool(np.isfinite(value) and steepest < _GRADIENT_TOLERANCE),
    )
