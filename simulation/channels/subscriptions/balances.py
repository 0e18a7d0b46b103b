"""The truth of what subscribers pay: who runs at the end of each month, and for how much."""

from __future__ import annotations

import numpy as np
import pandas as pd

from simulation.block import Block
from simulation.channels.calendar import dates, month_ends
from simulation.channels.customers.records import SECONDS
from simulation.channels.subscriptions.plans import prices


def keep_balances(block: Block, subscriptions: pd.DataFrame, invoices: pd.DataFrame) -> None:
    """One row of `subscription_balances` per running subscription and end of a month.

    A new price holds from the first bill that asks for it.
    """
    first_bill = invoices.groupby("subscription_id")["day"].min()
    billed = subscriptions["subscription_id"].map(first_bill).to_numpy(dtype=float)
    before, now = subscriptions["known_price"].to_numpy(), prices(block, subscriptions)
    last_day = np.maximum(
        subscriptions["ended"].to_numpy() // SECONDS - 1,
        subscriptions["canceled"].to_numpy() // SECONDS,
    )
    since = subscriptions["started"].to_numpy() // SECONDS
    months = np.where(subscriptions["is_yearly"], 12, 1)
    for day in month_ends(block):
        runs = (since <= day) & (last_day >= day)
        price = np.where(billed <= day, now, before) / months / 100
        known = subscriptions[["subscription_id", "person", "currency"]].assign(
            balance_date=dates(block, np.full(len(runs), day)), monthly_amount=price
        )
        block.truth("subscription_balances", known[runs], day=np.full(runs.sum(), day))
    subscriptions["known_price"] = np.where(np.isnan(billed), before, now)
