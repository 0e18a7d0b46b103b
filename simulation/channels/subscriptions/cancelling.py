"""Why and when subscriptions end."""

from __future__ import annotations

import numpy as np
import pandas as pd

from simulation.block import Block
from simulation.channels.arrays import Bools, Floats, pick_by_row
from simulation.channels.blanks import known
from simulation.channels.calendar import dates, next_bill_day
from simulation.channels.customers.records import NEVER, SECONDS
from simulation.channels.subscriptions.plans import anniversary_months, is_rising, rows

REASONS = ("price", "not_used", "quality", "service", "competitor", "other")
FAILED = "payment_failed"
# Logit of ending within a quarter, and what moves it.
BASE, DROPPED, DEAR, MOOD, WRONG_BILL = -3.4, 2.6, 2.2, -0.35, 1.2
STATED_TRULY, STATED_OTHERWISE = 0.62, 0.15


def decide_cancellations(block: Block, subscriptions: pd.DataFrame) -> None:
    """Set `canceled`, `ended` and the true `reason` of those who cancel in the block."""
    rng = block.rng("subscriptions.cancelling")
    who = block.people.frame.iloc[subscriptions["person"].to_numpy()].reset_index(drop=True)
    count, signal = len(subscriptions), block.settings.preset.signal
    has_dropped = who["dropout_day"].to_numpy() < block.end_day
    dear = who["price_sensitivity"].to_numpy() * is_rising(block)
    wrong = subscriptions["was_billed_wrongly"].to_numpy()
    mood = who["mood"].to_numpy()
    logit = BASE + signal * (DROPPED * has_dropped + DEAR * dear + MOOD * mood + WRONG_BILL * wrong)
    begin = np.maximum(subscriptions["started"].to_numpy() + 1, block.first_day * SECONDS)
    length = block.end_day * SECONDS - begin
    share_of_block = np.clip(length / ((block.end_day - block.first_day) * SECONDS), 0, 1)
    cancels = rng.random(count) < share_of_block / (1 + np.exp(-logit))
    cancels &= (subscriptions["canceled"] == NEVER).to_numpy()
    moment = begin + (rng.random(count) * np.maximum(length, 1)).astype(np.int64)
    weights = _reason_weights(has_dropped, dear, mood, wrong)
    reason = np.array(REASONS, dtype=object)[pick_by_row(rng, weights, np.arange(count))]
    subscriptions.loc[cancels, "canceled"] = moment[cancels]
    subscriptions.loc[cancels, "ended"] = _end_of_period(block, subscriptions, moment)[cancels]
    subscriptions.loc[cancels, "reason"] = reason[cancels]
    subscriptions["was_billed_wrongly"] = False


def _reason_weights(has_dropped: Bools, dear: Floats, mood: Floats, wrong: Bools) -> Floats:
    """Weights of the true reasons, by person."""
    ones = np.ones(len(mood))
    return np.stack(
        [
            0.5 + 4 * dear,
            0.8 + 2.5 * has_dropped,
            0.5 + 0.4 * np.maximum(-mood, 0),
            0.4 + 0.4 * np.maximum(-mood, 0) + 3 * wrong,
            0.6 * ones,
            0.3 * ones,
        ],
        axis=1,
    )


def _end_of_period(block: Block, subscriptions: pd.DataFrame, moment: np.ndarray) -> np.ndarray:
    """Midnight of the next day on which a bill would be due: until then the service runs on."""
    day, cycle = moment // SECONDS, subscriptions["cycle"].to_numpy()
    following = next_bill_day(block, day, cycle, 1)
    month = dates(block, following).astype("datetime64[M]").astype(int) % 12 + 1
    wait = (anniversary_months(block, subscriptions) - month) % 12
    yearly = next_bill_day(block, day, cycle, wait + 1)
    end = np.where(subscriptions["is_yearly"], yearly, following)
    return end * SECONDS


def emit_cancellations(block: Block, subscriptions: pd.DataFrame) -> None:
    """Versions of those decided in this block: canceled, then ended; and the truth about them."""
    rng = block.rng("subscriptions.stating")
    is_new = (subscriptions["canceled"] < NEVER) & ~subscriptions["is_told"]
    gone = subscriptions[is_new]
    subscriptions.loc[is_new, "is_told"] = True
    canceled, ended = gone["canceled"].to_numpy(), gone["ended"].to_numpy()
    failed = (gone["reason"] == FAILED).to_numpy()
    last_day = np.maximum(ended // SECONDS - 1, canceled // SECONDS)
    version = rows(block, gone, last_day).assign(
        canceled_at=block.at(0, canceled),
        cancellation_reason=_stated(gone["reason"].to_numpy(dtype=object), failed, rng),
        is_involuntary=failed,
        updated_at=block.at(0, canceled),
    )
    block.emit("subscriptions/subscriptions", version[~failed], day=canceled[~failed] // SECONDS)
    over = version.assign(ended_at=block.at(0, ended), updated_at=block.at(0, ended))
    block.emit("subscriptions/subscriptions", over, day=ended // SECONDS)
    truth = gone[["subscription_id", "person", "reason"]].assign(is_involuntary=failed)
    block.truth("cancellations", truth, day=canceled // SECONDS)


def _stated(reason: np.ndarray, failed: Bools, rng: np.random.Generator) -> np.ndarray:
    """The true reason, another one, or none."""
    draw = rng.random(len(reason))
    other = rng.choice(np.array(REASONS, dtype=object), len(reason))
    stated = known(draw < STATED_OTHERWISE, other)
    is_true = failed | (draw >= 1 - STATED_TRULY)
    return np.where(is_true, reason, stated)
