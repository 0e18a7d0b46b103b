"""How satisfied people truly are with what happened, and what that does to them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from simulation.block import Block

# Weight of each standardised driver in the true score; staff_help and waiting exist after contacts.
DRIVER_WEIGHTS = {
    "delivery_speed": 0.9,
    "product_quality": 0.8,
    "price_value": 0.5,
    "site_ease": 0.25,
    "staff_help": 0.7,
    "waiting": -0.6,
}
BASE_SCORE, MOOD_WEIGHT, NOISE = 7.6, 0.9, 0.9
LEAVING_SCORE, LEAVING_PROBABILITY = 3.5, 0.25


def simulate(block: Block) -> None:
    """Leave `satisfaction`: one row per order or contact of a known person.

    Columns: person, day, at, touch_id, kind (order, contact), channel, one column per driver
    (standardised; NaN where it plays no part), true_score (0 to 10, latent). Deeply disappointed
    people may stop buying at the end of the block.
    """
    rng = block.rng("experience")
    parts = [_of_orders(block, rng), _of_contacts(block, rng)]
    experiences = pd.concat([part for part in parts if len(part)], ignore_index=True)
    experiences["true_score"] = _score(block, experiences, rng)
    block.facts["satisfaction"] = experiences
    block.truth("satisfaction", experiences.drop(columns="at"), day=experiences["day"])
    if block.number == 0:
        weights = pd.DataFrame(DRIVER_WEIGHTS.items(), columns=["driver", "weight"])
        block.truth("driver_weights", weights, day=np.zeros(len(weights), dtype=np.int64))
    _let_leave(block, experiences, rng)


def _of_orders(block: Block, rng: np.random.Generator) -> pd.DataFrame:
    orders = block.facts.get("orders", pd.DataFrame())
    orders = orders[~orders["is_canceled"]] if len(orders) else orders
    if orders.empty:
        return pd.DataFrame()
    occasions = block.facts["occasions"].set_index("occasion_id")
    known = occasions.reindex(orders["occasion_id"])
    delay = orders["delay_days"].to_numpy(dtype=float)
    arrived = np.where(np.isnan(delay), 0, np.maximum(delay, 0) + 3)
    count = len(orders)
    frame = pd.DataFrame(
        {
            "person": orders["person"].to_numpy(),
            "day": orders["day"].to_numpy() + arrived.astype(np.int64),
            "at": orders["placed_at"].to_numpy() + (arrived * 86400).astype("timedelta64[s]"),
            "touch_id": orders["touch_id"].to_numpy(),
            "kind": "order",
            "channel": orders["method"].to_numpy(),
            "delivery_speed": np.where(np.isnan(delay), np.nan, -np.clip((delay + 0.3) / 2, -1, 4)),
            "product_quality": rng.normal(0, 1, count),
            "price_value": (known["price_ok"].to_numpy() - 0.65) / 0.18,
            "site_ease": np.where(orders["method"] == "store", np.nan, rng.normal(0, 1, count)),
        }
    )
    return frame


def _of_contacts(block: Block, rng: np.random.Generator) -> pd.DataFrame:
    contacts = block.facts.get("contacts", pd.DataFrame())
    if contacts.empty:
        return pd.DataFrame()
    contacts = contacts[contacts["person"] >= 0]
    helped = contacts["is_resolved"].to_numpy(dtype=float)
    return pd.DataFrame(
        {
            "person": contacts["person"].to_numpy(),
            "day": contacts["day"].to_numpy(),
            "at": contacts["at"].to_numpy(),
            "touch_id": contacts["contact_id"].to_numpy(),
            "kind": "contact",
            "channel": contacts["channel"].to_numpy(),
            "staff_help": 2 * helped - 1.2 + rng.normal(0, 0.5, len(contacts)),
            "waiting": np.clip(contacts["wait_seconds"].to_numpy(dtype=float) / 180 - 0.8, -1, 4),
        }
    )


def _score(block: Block, experiences: pd.DataFrame, rng: np.random.Generator) -> np.ndarray:
    signal = block.settings.preset.signal
    mood = block.people.column("mood")[experiences["person"].to_numpy()]
    score = BASE_SCORE + MOOD_WEIGHT * mood + rng.normal(0, NOISE, len(experiences))
    for driver, weight in DRIVER_WEIGHTS.items():
        if driver in experiences:
            score += signal * weight * np.nan_to_num(experiences[driver].to_numpy(dtype=float))
    clipped: np.ndarray = np.clip(score, 0, 10)
    return clipped


def _let_leave(block: Block, experiences: pd.DataFrame, rng: np.random.Generator) -> None:
    bad = experiences["true_score"].to_numpy() < LEAVING_SCORE
    leaves = bad & (rng.random(len(bad)) < LEAVING_PROBABILITY)
    leavers = np.unique(experiences["person"].to_numpy()[leaves])
    last_day = np.full(len(leavers), block.end_day - 1)
    block.truth("departures", {"person": leavers, "last_day": last_day}, day=last_day)
    people = block.people.frame
    dropout = people["dropout_day"].to_numpy(copy=True)
    dropout[leavers] = np.minimum(dropout[leavers], block.end_day - 1)
    people["dropout_day"] = dropout
