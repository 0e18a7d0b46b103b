"""Who comes into which store, buys or leaves without, and why."""

from __future__ import annotations

import numpy as np
import pandas as pd

from simulation.block import Block
from simulation.channels.arrays import Bools, Floats, Ints, pick
from simulation.channels.moments import busy_days, visit_days

OPENS, CLOSES = 9, 20
REASONS = (
    "price", "stock", "size_fit", "queue_wait", "no_help", "comparing", "only_browsing",
    "payment_failed", "trust", "found_elsewhere", "other",
)  # fmt: skip
PRICE, STOCK, SIZE_FIT, QUEUE_WAIT, NO_HELP, COMPARING, ONLY_BROWSING, PAYMENT_FAILED = range(8)
REASON_SHARES = (0.15, 0.16, 0.13, 0.06, 0.08, 0.08, 0.26, 0.01, 0.01, 0.03, 0.03)
VISITS_A_DAY, VISITS_PER_PURCHASE, ANONYMOUS_SHARE = 0.0015, 0.9, 0.8
MEDIAN_BUYING_MINUTES, MEDIAN_LOOKING_MINUTES = 16.0, 9.0
MEAN_COMPANIONS = 0.45


def visits_of(block: Block) -> pd.DataFrame:
    """Every visit: person (-1 unknown), store, entered and left (seconds), companions, reason (-1
    after a purchase), receipt_id, session (key), in order of time.
    """
    rng = block.rng("stores.visits")
    looking = pd.concat([_known(block, rng), _strangers(block, rng)], ignore_index=True)
    looking["reason"] = _reasons(block, rng, looking)
    visits = pd.concat([_buyers(block, rng), looking], ignore_index=True)
    visits["companions"] = rng.poisson(MEAN_COMPANIONS, len(visits))
    visits = visits.sort_values("entered", kind="stable", ignore_index=True)
    visits["session"] = block.ids("V", len(visits))
    return visits


def _buyers(block: Block, rng: np.random.Generator) -> pd.DataFrame:
    """Whoever has a receipt was in the store before."""
    orders = block.facts["orders"]
    orders = orders[(orders["store"] >= 0).to_numpy() & (orders["method"] == "store").to_numpy()]
    placed = orders["placed_at"].to_numpy().astype("datetime64[us]") - block.settings.midnight
    paid = placed.astype(np.int64) / 1e6
    inside = _minutes(rng, MEDIAN_BUYING_MINUTES, len(orders))
    opening = paid // 86400 * 86400 + OPENS * 3600
    return pd.DataFrame(
        {
            "person": orders["person"].to_numpy(),
            "store": orders["store"].to_numpy(),
            "entered": np.round(np.maximum(paid - inside, np.minimum(opening, paid - 60))),
            "left": np.round(paid + rng.uniform(20, 200, len(orders))),
            "reason": -1,
            "receipt_id": orders["touch_id"].to_numpy(dtype=object),
        }
    )


def _known(block: Block, rng: np.random.Generator) -> pd.DataFrame:
    """Visits without a purchase of people that the company knows, mostly to their home store."""
    people = block.people
    begin, end = visit_days(block)
    offline = 1 - people.column("online_share")
    rate = (VISITS_A_DAY + VISITS_PER_PURCHASE * people.column("daily_rate")) * offline
    person = np.repeat(np.arange(len(people)), rng.poisson(rate * (end - begin)))
    day = busy_days(block, rng, begin[person], end[person])
    home = block.facts["accounts"]["home_store"].to_numpy()[person]
    other = rng.integers(0, len(block.reference.stores), len(person))
    store = np.where((rng.random(len(person)) < 0.88) & (home >= 0), home, other)
    return _looking(rng, person, store, day)


def _strangers(block: Block, rng: np.random.Generator) -> pd.DataFrame:
    stores = block.reference.stores
    receipts = (block.facts["orders"]["method"] == "store").sum()
    count = rng.poisson(ANONYMOUS_SHARE * receipts * stores["size"].to_numpy())
    store = np.repeat(np.arange(len(stores)), count)
    first, end = np.full(len(store), block.first_day), np.full(len(store), block.end_day)
    day = busy_days(block, rng, first, end)
    return _looking(rng, np.full(len(store), -1), store, day)


def _looking(rng: np.random.Generator, person: Ints, store: Ints, day: Ints) -> pd.DataFrame:
    hour = np.clip(rng.normal(14.7, 2.6, len(day)), OPENS + 0.05, CLOSES - 0.2)
    entered = np.round(day * 86400 + hour * 3600)
    inside = np.minimum(_minutes(rng, MEDIAN_LOOKING_MINUTES, len(day)), (CLOSES - hour) * 3600)
    visits = pd.DataFrame({"person": person, "store": store, "entered": entered})
    return visits.assign(left=np.round(entered + np.maximum(inside, 30)), receipt_id=None)


def _minutes(rng: np.random.Generator, median: float, count: int) -> Floats:
    """Seconds in the store."""
    seconds: Floats = 60 * np.clip(median * np.exp(rng.normal(0, 0.6, count)), 1.0, 120.0)
    return seconds


def _reasons(block: Block, rng: np.random.Generator, visits: pd.DataFrame) -> Ints:
    """Why people leave without buying: prices by temper, queues by hour, tills that fail."""
    count, signal = len(visits), block.settings.preset.signal
    person, entered = visits["person"].to_numpy(), visits["entered"].to_numpy()
    reason = pick(rng, REASON_SHARES, count)
    sensitive = np.append(block.people.column("price_sensitivity"), 0.45)[person]
    too_dear = rng.random(count) < 0.4 * signal * np.maximum(sensitive - 0.3, 0)
    reason = np.where(too_dear, PRICE, reason)
    queues = rng.random(count) < 0.3 * signal * _is_crowded(block, entered)
    reason = np.where(queues, QUEUE_WAIT, reason)
    is_down = _tills_down(block, visits) & (rng.random(count) < 0.6 * signal)
    return np.where(is_down, PAYMENT_FAILED, reason)


def _is_crowded(block: Block, entered: Floats) -> Bools:
    """Saturdays from noon to five."""
    day = (entered // 86400).astype(np.int64)
    monday = (np.datetime64(block.settings.start, "D").astype(np.int64) + 3) % 7
    hour = entered % 86400 / 3600
    found: Bools = ((day + monday) % 7 == 5) & (hour >= 12) & (hour < 17)
    return found


def _tills_down(block: Block, visits: pd.DataFrame) -> Bools:
    """Whether a visit falls into an outage of the store systems of its region."""
    regions = block.reference.regions["region"].to_numpy()
    region = block.reference.stores["region"].to_numpy()[visits["store"].to_numpy()]
    moment, hit = visits["entered"].to_numpy() / 86400, np.zeros(len(visits), dtype=bool)
    incidents = block.facts["incidents"]
    outages = incidents.loc[incidents["area"] == "stores", ["region", "start", "end"]]
    for number, start, end in outages.to_numpy(dtype=float):
        near = (number < 0) | (region == regions[int(number)])
        hit |= near & (moment >= start) & (moment < end)
    return hit
