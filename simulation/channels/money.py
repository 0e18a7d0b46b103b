"""Prices, taxes and postage in the currencies of the countries; money in whole hundredths."""

from __future__ import annotations

import numpy as np
import pandas as pd

from simulation.channels.arrays import Ints
from simulation.vocabulary import FIRST_RATES

EURO_RATES = {"EUR": 1.0, **FIRST_RATES}
CURRENCY_ORDER = tuple(EURO_RATES)
# Value added tax, contained in every price.
TAX_RATES = {"GB": 0.20, "ES": 0.21, "PT": 0.23, "HU": 0.27}
SHIPPING = {"EUR": 490, "GBP": 450, "HUF": 149_000}
FREE_SHIPPING_FROM = {"EUR": 5_000, "GBP": 4_500, "HUF": 1_990_000}
# Least step of a price tag in each currency.
STEPS = {"EUR": 5, "GBP": 5, "HUF": 1_000}


def list_prices(products: pd.DataFrame) -> Ints:
    """Price of each product (column) in each currency (row, as in CURRENCY_ORDER)."""
    euros = products["list_price"].to_numpy()
    return np.stack(
        [
            np.rint(euros * 100 / EURO_RATES[code] / STEPS[code]).astype(np.int64) * STEPS[code]
            for code in CURRENCY_ORDER
        ]
    )


def contained_tax(amount: Ints, rate: np.ndarray) -> Ints:
    """The tax within an amount that includes it."""
    tax: Ints = np.rint(amount * rate / (1 + rate)).astype(np.int64)
    return tax
