"""Checked columns out of a DataFrame, with errors that one sentence can say."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

FloatArray = npt.NDArray[np.float64]

BTYD_COLUMNS = ("btyd_x", "btyd_tx", "btyd_t")


def require_columns(frame: object, names: Sequence[str]) -> None:
    """Raise when columns are missing or the input is no DataFrame."""
    if not isinstance(frame, pd.DataFrame):
        raise TypeError(f"expected a pandas DataFrame, got {type(frame).__name__}.")
    missing = [name for name in names if name not in frame.columns]
    if missing:
        raise ValueError(f"the input has no column {', '.join(missing)}.")


def finite_column(frame: pd.DataFrame, name: str) -> FloatArray:
    """Return one column as float64, refusing missing and infinite values.

    Parameters
    ----------
    frame : DataFrame, n rows
        Decimal, integer and nullable columns are accepted.
    name : str
        The column.

    Returns
    -------
    ndarray of shape (n,)

    Raises
    ------
    ValueError
        The column is missing, is no number, or has a missing or infinite value.
    """
    require_columns(frame, [name])
    try:
        values = frame[name].to_numpy(dtype=np.float64, na_value=np.nan)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name} holds values that are no numbers.") from error
    bad_count = int((~np.isfinite(values)).sum())
    if bad_count:
        raise ValueError(f"{name} is missing or infinite in {bad_count} of {len(values)} rows.")
    return values


def btyd_columns(frame: pd.DataFrame) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the checked inputs of a buy-till-you-die model.

    Parameters
    ----------
    frame : DataFrame, n rows
        ``btyd_x`` order days after the first, ``btyd_tx`` weeks from the first to the last order
        day, ``btyd_t`` weeks from the first order day to the end of observation.

    Returns
    -------
    x, t_x, t : ndarrays of shape (n,)

    Raises
    ------
    ValueError
        A column is missing or not finite, x is no count, or not 0 <= t_x <= T with t_x = 0
        exactly where x = 0.
    """
    x, t_x, t = (finite_column(frame, name) for name in BTYD_COLUMNS)
    if np.any(x < 0) or np.any(x != np.floor(x)):
        raise ValueError("btyd_x must be a whole number of repeat order days, 0 or more.")
    if np.any(t_x < 0) or np.any(t_x > t):
        raise ValueError("btyd_tx must lie between 0 and btyd_t in every row.")
    if np.any((x == 0) != (t_x == 0)):
        raise ValueError("btyd_tx must be 0 where btyd_x is 0, and above 0 elsewhere.")
    return x, t_x, t
