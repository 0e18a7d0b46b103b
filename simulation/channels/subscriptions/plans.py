"""Who subscribes to which plan, from when on, and what it costs."""

from __future__ import annotations

import numpy as np
import pandas as pd

from simulation.block import Block
from simulation.channels.arrays import Ints, pick
from simulation.channels.calendar import CYCLE_DAYS, dates, next_bill_day
from simulation.channels.customers.records import NEVER, RECORDS, SECONDS
from simulation.vocabulary import CURRENCIES

SUBSCRIBER_SHARE = 0.14
PLANS, PLAN_WEIGHTS = ("basic", "plus", "family"), (0.55, 0.33, 0.12)
PRICES = {"EUR": (499, 999, 1_499), "GBP": (449, 899, 1_299), "HUF": (179_000, 349_000, 529_000)}
YEARLY_SHARE, MONTHS_OF_A_YEARLY_PRICE = 0.25, 10
DIRECT_DEBIT_SHARE = 0.75
DELIVERIES, DELIVERY_WEIGHTS = ("email", "app", "paper"), (0.62, 0.25, 0.13)
# Prices rise once in four quarters.
RISE, RISES_IN = 1.08, 2
STATE, SEEN = "subscriptions.running", "subscriptions.people"


def running(block: Block) -> pd.DataFrame:
    """Every subscription that has not ended before the block, also those that begin later."""
    known = block.memory.get(STATE, pd.DataFrame())
    people = block.people.frame.iloc[block.memory.get(SEEN, 0) :]
    block.memory[SEEN] = len(block.people)
    everything = pd.concat([known, _subscribed(block, people)], ignore_index=True)
    alive = everything["ended"] >= block.first_day * SECONDS
    kept: pd.DataFrame = everything[alive].reset_index(drop=True)
    # Later steps of the block change this frame in place: that is how they are remembered.
    block.memory[STATE] = kept
    return kept


def prices(block: Block, subscriptions: pd.DataFrame) -> Ints:
    """Price of a billing period in hundredths, as it is in this block."""
    rises = (block.number + 4 - RISES_IN) // 4
    raised = subscriptions["base_price"].to_numpy() * RISE**rises
    return np.rint(raised / 10).astype(np.int64) * 10 - 1


def is_rising(block: Block) -> bool:
    """Whether prices rise at the beginning of the block."""
    return block.number % 4 == RISES_IN


def _subscribed(block: Block, people: pd.DataFrame) -> pd.DataFrame:
    """Newcomers with an account who subscribe, soon or up to a year later."""
    rng = block.rng("subscriptions.plans")
    since = block.memory[RECORDS]["account_since"].loc[people.index].to_numpy()
    may = (since < NEVER) & ~people["is_prospect"].to_numpy()
    chosen = may & (rng.random(len(people)) < SUBSCRIBER_SHARE)
    who, count = people[chosen], int(chosen.sum())
    records = block.memory[RECORDS].loc[who.index]
    plan = pick(rng, PLAN_WEIGHTS, count)
    currency = who["country_code"].map(CURRENCIES).to_numpy(dtype=object)
    is_yearly = rng.random(count) < YEARLY_SHARE
    monthly = np.array([PRICES[code] for code in currency]).reshape(count, len(PLANS))
    price = monthly[np.arange(count), plan] * np.where(is_yearly, MONTHS_OF_A_YEARLY_PRICE, 1)
    return pd.DataFrame(
        {
            "subscription_id": block.ids("SU", count),
            "person": who.index,
            "customer_id": records["customer_id"].to_numpy(dtype=object),
            "plan": np.array(PLANS, dtype=object)[plan],
            "is_yearly": is_yearly,
            "currency": currency,
            "base_price": price,
            "known_price": price,
            "started": since[chosen] + rng.integers(3600, 400 * SECONDS, count),
            "cycle": rng.integers(0, len(CYCLE_DAYS), count),
            "has_debit": rng.random(count) < DIRECT_DEBIT_SHARE,
            "delivery": np.array(DELIVERIES, dtype=object)[pick(rng, DELIVERY_WEIGHTS, count)],
            "was_billed_wrongly": False,
            "is_told": False,
            "canceled": NEVER,
            "ended": NEVER,
            "reason": np.full(count, None, dtype=object),
        }
    )


def rows(block: Block, subscriptions: pd.DataFrame, period_end: Ints) -> pd.DataFrame:
    """Subscriptions as exported while they run, paid or due to the end of a period."""
    columns = ["subscription_id", "customer_id", "plan", "currency"]
    return subscriptions[columns].assign(
        billing_period=np.where(subscriptions["is_yearly"], "year", "month").astype(object),
        price_amount=prices(block, subscriptions) / 100,
        started_at=block.at(0, subscriptions["started"]),
        current_period_end_date=dates(block, period_end),
    )


def emit_started(block: Block, subscriptions: pd.DataFrame) -> None:
    """Those that began before the first day stand in its export; others on their day."""
    since = subscriptions["started"] // SECONDS
    first = block.first_day if block.number else -(10**6)
    is_new = (since >= first) & (since < block.end_day)
    subscriptions.loc[is_new, "known_price"] = prices(block, subscriptions)[is_new]
    new = subscriptions[is_new]
    started = new["started"].to_numpy()
    # The company bills from the first bill day on; of older ones only the present period is known.
    begin = np.maximum(started // SECONDS, block.first_day - 1)
    period_end = next_bill_day(block, begin, new["cycle"].to_numpy(), 1) - 1
    version = rows(block, new, period_end).assign(updated_at=block.at(0, started))
    day = np.maximum(started // SECONDS, 0)
    block.emit("subscriptions/subscriptions", version, day=day)
    record = new[["person"]].assign(
        source="subscriptions/subscriptions", record_key=new["subscription_id"]
    )
    block.truth("records", record, day=day)


def anniversary_months(block: Block, subscriptions: pd.DataFrame) -> Ints:
    """The month (1 to 12) in which a yearly subscription is billed."""
    first = next_bill_day(
        block, subscriptions["started"] // SECONDS, subscriptions["cycle"].to_numpy(), 1
    )
    return dates(block, first).astype("datetime64[M]").astype(int) % 12 + 1
