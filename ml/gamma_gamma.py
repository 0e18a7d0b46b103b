"""Gamma-Gamma: what an order of each customer will be worth."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
import pandas as pd
from scipy.special import gammaln, psi
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from ml.errors import NotEnoughData
from ml.inputs import FloatArray, finite_column
from ml.maximum_likelihood import maximise

_BOUNDS = (1e-3, 1e5)
#: The mean p v / (q - 1) over customers exists only above 1.
_LEAST_Q = 1.0 + 1e-3


class GammaGamma(BaseEstimator):
    """Gamma-gamma model of the mean net amount per repeat order day.

    The amount of an order is Gamma(p, nu) with nu ~ Gamma(q, v) over customers, independent of
    how often they order.

    Parameters
    ----------
    max_iterations : int, default 500
        Iterations of the optimiser.

    Attributes
    ----------
    p_, q_ : float
        Shapes.
    v_ : float
        Scale, in the currency of the amounts.
    log_likelihood_ : float
        Of the data fitted, at the maximum.
    converged_ : bool
        Whether the search ended at a maximum with q > 1. Where it is False spending may be so
        uneven that its mean over customers does not exist.

    Notes
    -----
    Fader and Hardie (2013), "The Gamma-Gamma model of monetary value", brucehardie.com/notes/025.
    Input is a DataFrame with the columns ``btyd_x`` and ``mean_repeat_amount``, so scikit-learn's
    checks, which feed arrays, do not apply.

    Examples
    --------
    >>> model = GammaGamma.from_dict(
    ...     {"p": 6.25, "q": 3.74, "v": 15.45, "log_likelihood": -4055.9, "converged": True})
    >>> customers = pd.DataFrame({"btyd_x": [0, 2], "mean_repeat_amount": [None, 22.35]})
    >>> model.expected_order_value(customers).round(2).tolist()
    [35.24, 24.67]
    """

    def __init__(self, *, max_iterations: int = 500) -> None:
        self.max_iterations = max_iterations

    def fit(self, X: pd.DataFrame, y: None = None) -> Self:
        """Fit by maximum likelihood on the customers with x > 0 and m > 0.

        Parameters
        ----------
        X : DataFrame, one row per customer
            ``btyd_x``, repeat order days; ``mean_repeat_amount``, mean net amount of those days
            (the first left out), ignored where x = 0.
        y : None
            Ignored.

        Raises
        ------
        ValueError
            The columns are missing or impossible.
        NotEnoughData
            Nobody has x > 0 and m > 0.
        """
        x, m = _spend_columns(X)
        is_used = (x > 0) & (m > 0)
        if not np.any(is_used):
            raise NotEnoughData("Gamma-Gamma cannot be fitted: no repeat order has an amount.")
        x, m = x[is_used], m[is_used]
        unit = float(m.mean())
        fit = maximise(
            lambda parameters: _log_likelihood(parameters, x, m / unit),
            start=(2.0, 3.0, 1.0),
            bounds=[_BOUNDS, (_LEAST_Q, _BOUNDS[1]), _BOUNDS],
            observation_count=float(len(x)),
            max_iterations=self.max_iterations,
        )
        self.p_, self.q_ = (float(value) for value in fit.parameters[:2])
        self.v_ = float(fit.parameters[2]) * unit
        self.log_likelihood_ = fit.log_likelihood - len(x) * float(np.log(unit))
        self.converged_ = fit.converged and self.q_ > 1.01 * _LEAST_Q
        return self

    def expected_order_value(self, X: pd.DataFrame) -> FloatArray:
        """Return the expected net amount of a future order, shape (n,).

        Parameters
        ----------
        X : DataFrame, n rows
            ``btyd_x``; ``mean_repeat_amount``, may be missing where x = 0.

        Notes
        -----
        (v + m x) p / (p x + q - 1): the customer's own mean, drawn to the mean of all the more
        the fewer orders there are. For x = 0 it is p v / (q - 1). A negative m (more returned
        than bought) counts as 0.
        """
        check_is_fitted(self, "p_")
        x, m = _spend_columns(X)
        value: FloatArray = (
            self.p_ * (self.v_ + np.maximum(m, 0.0) * x) / (self.p_ * x + self.q_ - 1)
        )
        return value

    def to_dict(self) -> dict[str, Any]:
        """Return the fitted model as plain JSON values."""
        check_is_fitted(self, "p_")
        return {
            "p": self.p_, "q": self.q_, "v": self.v_,
            "log_likelihood": self.log_likelihood_, "converged": self.converged_,
        }  # fmt: skip

    @classmethod
    def from_dict(cls, state: Mapping[str, Any]) -> Self:
        """Return the model that :meth:`to_dict` described."""
        model = cls()
        model.p_, model.q_, model.v_ = (float(state[name]) for name in ("p", "q", "v"))
        model.log_likelihood_ = float(state["log_likelihood"])
        model.converged_ = bool(state["converged"])
        return model


def _spend_columns(X: pd.DataFrame) -> tuple[FloatArray, FloatArray]:
    """Return checked x and m, m set to 0 where there is no repeat order."""
    x = finite_column(X, "btyd_x")
    if np.any(x < 0) or np.any(x != np.floor(x)):
        raise ValueError("btyd_x must be a whole number of repeat order days, 0 or more.")
    m = np.zeros_like(x)
    m[x > 0] = finite_column(X.loc[x > 0], "mean_repeat_amount")
    return x, m


def _log_likelihood(
    parameters: FloatArray, x: FloatArray, m: FloatArray
) -> tuple[float, FloatArray]:
    """Return the log-likelihood of the means m over x orders and its gradient by (p, q, v)."""
    p, q, v = (float(value) for value in parameters)
    px, log_total = p * x, np.log(v + m * x)
    value = (
        gammaln(px + q) - gammaln(px) - gammaln(q) + q * np.log(v)
        + (px - 1) * np.log(m) + px * np.log(x) - (px + q) * log_total
    )  # fmt: skip
    gradient = (
        x * (psi(px + q) - psi(px) + np.log(m * x) - log_total),
        psi(px + q) - psi(q) + np.log(v) - log_total,
        q / v - (px + q) / (v + m * x),
    )
    return float(value.sum()), np.array([term.sum() for term in gradient])
