"""What each customer has been worth and will be worth, with the chance that they still buy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np
import pandas as pd

from ml.bg_nbd import BetaGeoNbd
from ml.errors import NotEnoughData
from ml.gamma_gamma import GammaGamma
from ml.inputs import BTYD_COLUMNS, btyd_columns, finite_column, require_columns

DAYS_PER_WEEK = 7.0
DAYS_PER_YEAR = 365.0
HORIZON_DAYS = {"90d": 90.0, "1y": DAYS_PER_YEAR, "3y": 3 * DAYS_PER_YEAR}

_KEPT_COLUMNS = ("customer_id", *BTYD_COLUMNS, "mean_repeat_amount")


@dataclass(frozen=True)
class CustomerValueSettings:
    """What a company decides about value.

    Parameters
    ----------
    margin_rate : float, default 1.0
        Margin per unit of net revenue, 0 to 1, for customers of this fit. At 1.0, for a company
        whose margin is unknown, every value is revenue and should be labelled so.
    monthly_discount_rate : float, default 0.01
        1 % a month, which is 12.68 % a year.
    minimum_repeaters : int, default 30
        Customers with two or more order days below which nothing is fitted.
    correlation_limit : float, default 0.3
        Beyond this absolute correlation of x and m, Gamma-Gamma's independence is in doubt.
    """

    margin_rate: float = 1.0
    monthly_discount_rate: float = 0.01
    minimum_repeaters: int = 30
    correlation_limit: float = 0.3

    def __post_init__(self) -> None:
        if not 0 < self.margin_rate <= 1:
            raise ValueError(f"margin_rate lies above 0 and up to 1, got {self.margin_rate}.")
        if self.monthly_discount_rate < 0:
            raise ValueError("monthly_discount_rate must not be negative.")

    @property
    def weekly_discount(self) -> float:
        """The continuous rate per week that equals the monthly rate (a month = 365 / 12 days)."""
        weeks_per_month = DAYS_PER_YEAR / 12 / DAYS_PER_WEEK
        return float(np.log1p(self.monthly_discount_rate)) / weeks_per_month


@dataclass(frozen=True)
class CustomerValueModel:
    """Both fitted halves of the value of a customer: how many orders, and of what amount."""

    orders: BetaGeoNbd
    spend: GammaGamma
    settings: CustomerValueSettings

    def to_dict(self) -> dict[str, Any]:
        """Return the fitted model as plain JSON values."""
        return {
            "orders": self.orders.to_dict(),
            "spend": self.spend.to_dict(),
            "settings": asdict(self.settings),
        }

    @classmethod
    def from_dict(cls, state: Mapping[str, Any]) -> Self:
        """Return the model that :meth:`to_dict` described."""
        return cls(
            orders=BetaGeoNbd.from_dict(state["orders"]),
            spend=GammaGamma.from_dict(state["spend"]),
            settings=CustomerValueSettings(**state["settings"]),
        )


def fit_customer_value(
    customers: pd.DataFrame, settings: CustomerValueSettings | None = None
) -> CustomerValueModel:
    """Fit BG/NBD and Gamma-Gamma to a table of customers.

    Parameters
    ----------
    customers : DataFrame, one row per customer with an order day
        ``btyd_x``, ``btyd_tx``, ``btyd_t`` (weeks) and ``mean_repeat_amount`` (net, one
        currency; missing where x = 0).
    settings : CustomerValueSettings, optional

    Raises
    ------
    ValueError
        A column is missing or impossible.
    NotEnoughData
        Too few customers have come back, or a model did not converge on them.
    """
    settings = settings or CustomerValueSettings()
    x, _, _ = btyd_columns(customers)
    repeaters = int((x > 0).sum())
    if repeaters < settings.minimum_repeaters:
        raise NotEnoughData(
            f"customer value needs {settings.minimum_repeaters} customers with two or more order "
            f"days, there are {repeaters}."
        )
    orders = BetaGeoNbd().fit(customers)
    spend = GammaGamma().fit(customers)
    for name, model in (("BG/NBD", orders), ("Gamma-Gamma", spend)):
        if not model.converged_:
            raise NotEnoughData(f"{name} did not converge on {repeaters} repeat customers.")
    return CustomerValueModel(orders=orders, spend=spend, settings=settings)


def predict_customer_values(
    customers: pd.DataFrame,
    model: CustomerValueModel | None,
    settings: CustomerValueSettings | None = None,
) -> pd.DataFrame:
    """Return historic, naive and modelled value of every customer.

    Parameters
    ----------
    customers : DataFrame, one row per customer with an order day
        ``customer_id``, ``btyd_x``, ``btyd_tx``, ``btyd_t``, ``mean_repeat_amount`` and
        ``net_revenue_amount``, all net revenue up to the as-of date.
    model : CustomerValueModel or None
        None where :class:`~ml.errors.NotEnoughData` was raised: the modelled columns are then
        missing (NaN) and historic and naive value stand alone.
    settings : CustomerValueSettings, optional
        Those of the model unless given.

    Returns
    -------
    DataFrame
        The input's id and BTYD columns, then ``probability_active_90d``, ``expected_orders_90d``,
        ``_1y``, ``_3y`` (order days), ``expected_order_value_amount`` (net revenue of one order),
        ``historic_value_amount``, ``naive_value_1y_amount``, ``_3y_amount``,
        ``clv_90d_amount``, ``_1y_amount``, ``_3y_amount``. Index as it came.

    Notes
    -----
    Historic value = net revenue x margin rate. Naive value holds the present constant: orders a
    year x mean margin of an order x years, orders a year = orders / max(tenure, 365 d) x 365; the
    number of orders cancels. CLV = discounted expected orders x expected order value x margin
    rate, discounted to the moment of each expected order. Without a known margin (rate 1.0) all
    three are revenue.
    """
    require_columns(customers, _KEPT_COLUMNS)
    settings = settings or (model.settings if model else CustomerValueSettings())
    values = customers.loc[:, list(_KEPT_COLUMNS)].copy()
    modelled = _modelled_values(customers, model, settings)
    for column in [name for name in modelled if not name.startswith("clv_")]:
        values[column] = modelled[column]
    historic = finite_column(customers, "net_revenue_amount") * settings.margin_rate
    values["historic_value_amount"] = historic
    _, _, t = btyd_columns(customers)
    per_year = historic / np.maximum(t * DAYS_PER_WEEK, DAYS_PER_YEAR) * DAYS_PER_YEAR
    values["naive_value_1y_amount"] = per_year
    values["naive_value_3y_amount"] = 3 * per_year
    for column in [name for name in modelled if name.startswith("clv_")]:
        values[column] = modelled[column]
    return values


def frequency_spend_correlation(customers: pd.DataFrame) -> float:
    """Return the correlation of x and m over customers with x > 0 and m > 0; 0 if undefined.

    Parameters
    ----------
    customers : DataFrame
        ``btyd_x`` and ``mean_repeat_amount``.
    """
    repeaters = customers.loc[finite_column(customers, "btyd_x") > 0]
    x, m = (finite_column(repeaters, name) for name in ("btyd_x", "mean_repeat_amount"))
    x, m = x[m > 0], m[m > 0]
    if len(x) < 2 or np.ptp(x) == 0 or np.ptp(m) == 0:
        return 0.0
    return float(np.corrcoef(x, m)[0, 1])


def _modelled_values(
    customers: pd.DataFrame, model: CustomerValueModel | None, settings: CustomerValueSettings
) -> dict[str, Any]:
    """Return the columns that need a model, in the order of the output, NaN without one."""
    if model is None:
        orders = {f"expected_orders_{name}": np.nan for name in HORIZON_DAYS}
        clv = {f"clv_{name}_amount": np.nan for name in HORIZON_DAYS}
        return {
            "probability_active_90d": np.nan,
            **orders,
            "expected_order_value_amount": np.nan,
            **clv,
        }
    columns: dict[str, Any] = {}
    weeks = {name: days / DAYS_PER_WEEK for name, days in HORIZON_DAYS.items()}
    columns["probability_active_90d"] = model.orders.probability_active(customers, weeks["90d"])
    for name, horizon in weeks.items():
        purchases = model.orders.predict_purchases(customers, horizon)
        columns[f"expected_orders_{name}"] = purchases
    order_value = model.spend.expected_order_value(customers)
    columns["expected_order_value_amount"] = order_value
    for name, horizon in weeks.items():
        discounted = model.orders.predict_purchases(customers, horizon, settings.weekly_discount)
        columns[f"clv_{name}_amount"] = discounted * order_value * settings.margin_rate
    return columns
