"""How well the value model foretold a period it had not seen, beside its simple baselines."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ml import judges
from ml.customer_value import (
    DAYS_PER_WEEK,
    DAYS_PER_YEAR,
    CustomerValueModel,
    CustomerValueSettings,
    fit_customer_value,
    frequency_spend_correlation,
)
from ml.errors import NotEnoughData
from ml.inputs import FloatArray, btyd_columns, finite_column, require_columns

Metrics = dict[str, float]


def validate_customer_value(
    calibration: pd.DataFrame,
    holdout: pd.DataFrame,
    *,
    horizon_weeks: float,
    as_of: str,
    settings: CustomerValueSettings | None = None,
) -> dict[str, Any]:
    """Fit on what was known at a date and judge on what followed.

    Parameters
    ----------
    calibration : DataFrame, one row per customer known at ``as_of``
        ``customer_id``, ``btyd_x``, ``btyd_tx``, ``btyd_t``, ``mean_repeat_amount``,
        ``net_revenue_amount``.
    holdout : DataFrame, at most one row per customer
        ``customer_id``, ``order_day_count``, ``net_revenue_amount`` of the weeks after; customers
        without a row did not buy, those unknown at ``as_of`` are left out.
    horizon_weeks : float
        Length of the holdout.
    as_of : str
        Last date of the calibration, for the card.
    settings : CustomerValueSettings, optional

    Returns
    -------
    dict
        The card, plain JSON values: ``data``, ``as_of``, ``parameters``, ``metrics`` and
        ``baseline`` (each with ``activity``, ``orders``, ``revenue``), ``is_better`` for each of
        the three, ``is_better_than_baseline`` (orders and revenue and activity),
        ``frequency_spend_correlation`` and ``is_frequency_spend_correlated``.

    Raises
    ------
    ValueError
        A column is missing or impossible, or a customer stands twice in the holdout.
    NotEnoughData
        The model cannot be fitted, or the holdout has no buyers, no revenue or no non-buyers.

    Notes
    -----
    Baselines: for activity, weeks since the last order day (its order of customers) and the
    holdout's own share of buyers (its Brier score); for orders and revenue, the naive constant
    rate, sum / max(tenure, 365 d) x horizon. The model is better when its level
    is nearer (Brier score; for amounts, decile calibration error) and its order of customers
    beats chance. Level decides, because plain recency orders activity, and past revenue orders
    revenue, about as well as any model; the order of both stands in the card beside each other.
    """
    settings = settings or CustomerValueSettings()
    model = fit_customer_value(calibration, settings)
    order_days, revenue = _outcomes(calibration, holdout)
    metrics = _model_metrics(calibration, model, horizon_weeks, order_days, revenue)
    baseline = _baseline_metrics(calibration, horizon_weeks, order_days, revenue)
    is_better = {
        "activity": _is_better(
            metrics, baseline, "activity", rank="auc", error="brier", chance=0.5
        ),
        "orders": _is_better(metrics, baseline, "orders"),
        "revenue": _is_better(metrics, baseline, "revenue"),
    }
    correlation = frequency_spend_correlation(calibration)
    return {
        "model": "customer_value",
        "data": {
            "customer_count": len(calibration),
            "repeat_customer_count": int((calibration["btyd_x"] > 0).sum()),
            "holdout_weeks": float(horizon_weeks),
            "holdout_order_day_count": int(order_days.sum()),
            "holdout_net_revenue_amount": float(revenue.sum()),
        },
        "as_of": as_of,
        "parameters": model.to_dict(),
        "metrics": metrics,
        "baseline": baseline,
        "is_better": is_better,
        "is_better_than_baseline": all(is_better.values()),
        "frequency_spend_correlation": correlation,
        "is_frequency_spend_correlated": abs(correlation) > settings.correlation_limit,
    }


def _outcomes(calibration: pd.DataFrame, holdout: pd.DataFrame) -> tuple[FloatArray, FloatArray]:
    """Return order days and revenue in the holdout, one for each row of the calibration."""
    require_columns(calibration, ["customer_id"])
    require_columns(holdout, ["customer_id"])
    if holdout["customer_id"].duplicated().any() or calibration["customer_id"].duplicated().any():
        raise ValueError("a customer stands twice in the calibration or in the holdout.")
    by_customer = pd.DataFrame(
        {name: finite_column(holdout, name) for name in ("order_day_count", "net_revenue_amount")},
        index=pd.Index(holdout["customer_id"]),
    ).reindex(calibration["customer_id"], fill_value=0.0)
    order_days, revenue = by_customer.to_numpy(dtype=np.float64).T
    buyers = int((order_days > 0).sum())
    if buyers in (0, len(calibration)) or revenue.sum() <= 0:
        raise NotEnoughData("the holdout needs buyers, revenue, and customers who did not buy.")
    return order_days, revenue


def _model_metrics(
    calibration: pd.DataFrame,
    model: CustomerValueModel,
    horizon_weeks: float,
    order_days: FloatArray,
    revenue: FloatArray,
) -> dict[str, Metrics]:
    """Judge the fitted model."""
    probability = model.orders.probability_active(calibration, horizon_weeks)
    expected = model.orders.predict_purchases(calibration, horizon_weeks)
    amount = expected * model.spend.expected_order_value(calibration)
    is_active = (order_days > 0).astype(np.float64)
    return {
        "activity": {
            "auc": judges.auc(probability, is_active),
            "brier": judges.brier_score(probability, is_active),
            "expected_calibration_error": judges.expected_calibration_error(probability, is_active),
            "top_decile_lift": judges.top_decile_lift(probability, is_active),
        },
        "orders": _amount_metrics(expected, order_days),
        "revenue": _amount_metrics(amount, revenue),
    }


def _baseline_metrics(
    calibration: pd.DataFrame, horizon_weeks: float, order_days: FloatArray, revenue: FloatArray
) -> dict[str, Metrics]:
    """Judge recency and the naive constant rate."""
    x, t_x, t = btyd_columns(calibration)
    is_active = (order_days > 0).astype(np.float64)
    base_rate = np.full_like(is_active, is_active.mean())
    years = horizon_weeks * DAYS_PER_WEEK / DAYS_PER_YEAR
    share = years / np.maximum(t * DAYS_PER_WEEK / DAYS_PER_YEAR, 1.0)
    past_revenue = finite_column(calibration, "net_revenue_amount")
    return {
        "activity": {
            "auc": judges.auc(t_x - t, is_active),
            "brier": judges.brier_score(base_rate, is_active),
            "top_decile_lift": judges.top_decile_lift(t_x - t, is_active),
        },
        "orders": _amount_metrics((x + 1) * share, order_days),
        "revenue": _amount_metrics(past_revenue * share, revenue),
    }


def _amount_metrics(predicted: FloatArray, actual: FloatArray) -> Metrics:
    """Judge a prediction of counts or money."""
    return {
        "bias": judges.bias(predicted, actual),
        "normalised_gini": judges.normalised_gini(predicted, actual),
        "decile_calibration_error": judges.decile_calibration_error(predicted, actual),
        "top_decile_lift": judges.top_decile_lift(predicted, actual),
    }


def _is_better(
    metrics: dict[str, Metrics],
    baseline: dict[str, Metrics],
    subject: str,
    rank: str = "normalised_gini",
    error: str = "decile_calibration_error",
    chance: float = 0.0,
) -> bool:
    """Say whether the level is nearer than the baseline's and the order better than chance."""
    ours, theirs = metrics[subject], baseline[subject]
    return ours[error] < theirs[error] and ours[rank] > chance
