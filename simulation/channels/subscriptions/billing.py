"""Bill runs: on three days of each month; some bills are wrong, some payments are refused."""

from __future__ import annotations

import numpy as np
import pandas as pd

from simulation.block import Block
from simulation.channels.arrays import Objects
from simulation.channels.calendar import bill_days, next_bill_day
from simulation.channels.customers.records import SECONDS
from simulation.channels.subscriptions.cancelling import FAILED
from simulation.channels.subscriptions.plans import anniversary_months, prices, rows

WRONG_SHARE, DOUBLE_CHARGE_SHARE, OTHER_ERROR = 0.015, 0.5, 1.35
FAILED_SHARE, FAILED_BY_INCOME, RECOVERED_SHARE = 0.012, 0.03, 0.65
FIRST_HOUR, RUN_SECONDS = 5, 3 * 3600
DUE_DAYS, GIVEN_UP_DAYS = 14, 24


def run_bills(block: Block, subscriptions: pd.DataFrame) -> pd.DataFrame:
    """Invoices of the block, with what is truly due; refused payments end subscriptions later."""
    rng = block.rng("subscriptions.billing")
    month_of_year = anniversary_months(block, subscriptions)
    parts = [
        _run(block, subscriptions, _due(subscriptions, month_of_year, day, cycle, month), day, rng)
        for day, cycle, month in bill_days(block)
    ]
    invoices = pd.concat(parts, ignore_index=True)
    invoices["invoice_id"] = block.ids("IN", len(invoices))
    errors = invoices[invoices["is_wrong"]]
    truth = errors[["invoice_id", "person", "total", "right_total"]]
    block.truth("billing_errors", truth, day=errors["day"])
    return invoices


def _due(
    subscriptions: pd.DataFrame, month_of_year: np.ndarray, day: int, cycle: int, month: int
) -> np.ndarray:
    """Rows of the subscriptions that are billed on a day."""
    is_due = (subscriptions["started"] // SECONDS < day) & (subscriptions["cycle"] == cycle)
    is_due &= subscriptions["ended"] > day * SECONDS
    is_due &= ~subscriptions["is_yearly"] | (month_of_year == month)
    return np.flatnonzero(is_due)


def _run(
    block: Block,
    subscriptions: pd.DataFrame,
    due: np.ndarray,
    day: int,
    rng: np.random.Generator,
) -> pd.DataFrame:
    own, count = subscriptions.iloc[due], len(due)
    right = prices(block, own)
    is_wrong = rng.random(count) < WRONG_SHARE
    factor = np.where(rng.random(count) < DOUBLE_CHARGE_SHARE, 2.0, OTHER_ERROR)
    issued = day * SECONDS + FIRST_HOUR * 3600 + np.sort(rng.integers(0, RUN_SECONDS, count))
    income = block.people.column("income")[own["person"].to_numpy()]
    failing = FAILED_SHARE + FAILED_BY_INCOME * (1 - income) ** 2
    is_failed = own["has_debit"].to_numpy() & (rng.random(count) < failing)
    is_recovered = is_failed & (rng.random(count) < RECOVERED_SHARE)
    _renew(block, own, day, issued)
    _give_up(subscriptions, due[is_failed & ~is_recovered], day)
    subscriptions.loc[due[is_wrong], "was_billed_wrongly"] = True
    wanted = ["person", "customer_id", "subscription_id", "currency", "delivery", "has_debit"]
    return own[wanted].assign(
        bill_run_id=_run_ids(block, day, count),
        day=day,
        issued=issued,
        right_total=right,
        total=np.where(is_wrong, np.rint(right * factor), right).astype(np.int64),
        is_wrong=is_wrong,
        is_failed=is_failed,
        is_recovered=is_recovered,
    )


def _run_ids(block: Block, day: int, count: int) -> Objects:
    return np.full(count, f"RUN-{block.settings.date_of(day):%Y%m%d}", dtype=object)


def _renew(block: Block, own: pd.DataFrame, day: int, issued: np.ndarray) -> None:
    """The subscription is exported anew with the period that was billed."""
    months = np.where(own["is_yearly"], 12, 1)
    until = next_bill_day(block, np.full(len(own), day), own["cycle"].to_numpy(), months) - 1
    version = rows(block, own, until).assign(updated_at=block.at(0, issued))
    running = (own["canceled"] > issued).to_numpy()
    block.emit("subscriptions/subscriptions", version[running], day=np.full(running.sum(), day))


def _give_up(subscriptions: pd.DataFrame, due: np.ndarray, day: int) -> None:
    """A payment refused twice ends the subscription, unless the customer ends it before."""
    moment = (day + GIVEN_UP_DAYS) * SECONDS + 7 * 3600
    ends = due[(subscriptions["ended"].to_numpy()[due] > moment)]
    ends = ends[subscriptions["canceled"].to_numpy()[ends] > moment]
    ends = ends[~subscriptions["is_told"].to_numpy()[ends]]
    subscriptions.loc[ends, ["canceled", "ended"]] = moment
    subscriptions.loc[ends, "reason"] = FAILED
