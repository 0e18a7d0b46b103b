"""What a channel is worth on the way to an order, by what would be lost without it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ml.inputs import FloatArray, require_columns

START, CONVERSION, NOTHING = "(start)", "(conversion)", "(null)"
OUTSIDE = {START, CONVERSION, NOTHING}
STEP_COLUMNS = ("month", "from_channel_group", "to_channel_group", "path_count")
RESULT_COLUMNS = ("month", "channel_group", "removal_effect", "credit_share")


def channel_effects(steps: pd.DataFrame) -> pd.DataFrame:
    """Removal effect and share of the credit of every channel, month by month.

    Parameters
    ----------
    steps : DataFrame, one row per month and pair of channels that follow each other
        ``month``, ``from_channel_group``, ``to_channel_group``, ``path_count``. Paths begin at
        ``(start)`` and end at ``(conversion)`` or ``(null)``.

    Returns
    -------
    DataFrame
        ``month``, ``channel_group``; ``removal_effect``, the share of all conversions that would
        not come about if the channel led nowhere, 0 to 1; ``credit_share``, its removal effect by
        the sum of all, so that the shares of a month with a conversion add up to 1. Months
        without a conversion have no rows.

    Raises
    ------
    ValueError
        A column is missing.

    Notes
    -----
    First-order Markov chain: the probability of the next channel depends on the present one alone
    and is estimated by the shares of the steps counted. With Q the probabilities between channels,
    s those from the start and r those to a conversion, P(conversion) = s (I - Q)^-1 r; without
    channel c its column is set to nothing: RE(c) = 1 - P(conversion without c) / P(conversion).
    Anderl, Becker, von Wangenheim and Schumann (2016), "Mapping the customer journey",
    International Journal of Research in Marketing 33, 457-474.

    Examples
    --------
    Of two paths through A one converts, and the one path through B does:

    >>> steps = pd.DataFrame(
    ...     [["(start)", "A", 2], ["(start)", "B", 1], ["A", "(conversion)", 1],
    ...      ["A", "(null)", 1], ["B", "(conversion)", 1]],
    ...     columns=["from_channel_group", "to_channel_group", "path_count"],
    ... ).assign(month="2026-03-01")
    >>> channel_effects(steps)[["channel_group", "removal_effect"]].to_numpy().tolist()
    [['A', 0.5], ['B', 0.5]]
    """
    require_columns(steps, STEP_COLUMNS)
    months = [_of_month(month, part) for month, part in steps.groupby("month", sort=True)]
    found = [effects for effects in months if len(effects)]
    if not found:
        return pd.DataFrame(columns=list(RESULT_COLUMNS))
    return pd.concat(found, ignore_index=True)


def _of_month(month: object, steps: pd.DataFrame) -> pd.DataFrame:
    channels = sorted({*steps["from_channel_group"], *steps["to_channel_group"]} - OUTSIDE)
    effect = _removal_effects(_transitions(steps, channels))
    found = {"month": month, "channel_group": channels, "removal_effect": effect}
    return pd.DataFrame(found | {"credit_share": effect / effect.sum()}).dropna()


def _transitions(steps: pd.DataFrame, channels: list[str]) -> FloatArray:
    """Shares of the steps from the start, and from each channel, to channels and a conversion."""
    rows, columns = [START, *channels], [*channels, CONVERSION, NOTHING]
    counts = steps.pivot_table("path_count", "from_channel_group", "to_channel_group", "sum")
    counts = counts.reindex(index=rows, columns=columns).fillna(0.0)
    shares: FloatArray = counts.div(counts.sum(axis=1), axis=0).to_numpy()[:, :-1]
    return shares


def _removal_effects(shares: FloatArray) -> FloatArray:
    """Share of the conversions lost without each channel; NaN where there is no conversion."""
    whole = _conversion(shares)
    if whole <= 0:
        return np.full(len(shares) - 1, np.nan)
    return np.array([1 - _conversion(_without(shares, c)) / whole for c in range(len(shares) - 1)])


def _without(shares: FloatArray, channel: int) -> FloatArray:
    """The same chain where every way to a channel leads to nothing."""
    cut = shares.copy()
    cut[:, channel] = 0.0
    return cut


def _conversion(shares: FloatArray) -> float:
    """Probability that a path which has begun ends with a conversion."""
    between, converting = shares[1:, :-1], shares[1:, -1]
    from_channel = np.linalg.solve(np.eye(len(between)) - between, converting)
    return float(shares[0, :-1] @ from_channel)
