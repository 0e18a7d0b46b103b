"""How far people want to go, and why they give up a cart or a checkout, online."""

from __future__ import annotations

import numpy as np

from simulation.block import Block
from simulation.channels.arrays import Bools, Floats, Ints, pick_by_row

# How far a visit wants to go.
INTENTS = ("look", "search", "product", "cart", "checkout", "order")
LOOK, SEARCH, PRODUCT, CART, CHECKOUT, ORDER = range(6)
REASONS = (
    "price", "stock", "size_fit", "delivery", "payment_failed", "technical", "trust", "comparing",
    "only_browsing", "found_elsewhere", "other",
)  # fmt: skip
PRICE, STOCK, SIZE_FIT, DELIVERY, PAYMENT_FAILED, TECHNICAL, TRUST = range(7)
# Weight of each reason for giving up a cart and for giving up a checkout.
CART_REASONS = (0.2, 0.1, 0.12, 0.1, 0.0, 0.03, 0.02, 0.22, 0.14, 0.05, 0.02)
CHECKOUT_REASONS = (0.2, 0.03, 0.0, 0.26, 0.15, 0.08, 0.12, 0.08, 0.02, 0.04, 0.02)
# The step of the checkout at which each reason bites: 0 address, 1 delivery, 2 payment, 3 review.
STEP_OF_REASON = np.array([3, 1, 0, 1, 2, 2, 2, 1, 0, 3, 0])
CHECKOUT_STEPS = ("cart", "address", "delivery", "payment", "review")
USUAL_ERROR_RATE = 0.002


def reasons_online(
    block: Block,
    rng: np.random.Generator,
    at: Floats,
    person: Ints,
    intent: Ints,
    *,
    product: str,
    is_human: Bools,
) -> Ints:
    """Why each visit to a product (web, app) ends short of an order; -1 where nothing was begun.

    An outage or a faulty release shows at once; the price stops those who are sensitive to it.
    """
    weights = np.array([CART_REASONS, CHECKOUT_REASONS])
    signal = block.settings.preset.signal
    reason = pick_by_row(rng, weights, (intent == CHECKOUT).astype(np.int64))
    sensitive = np.append(block.people.column("price_sensitivity"), 0.4)[person]
    too_dear = rng.random(len(intent)) < signal * 0.45 * np.maximum(sensitive - 0.3, 0)
    reason = np.where(too_dear, PRICE, reason)
    strikes = rng.random(len(intent)) < 0.8 * signal
    unpaid = strikes & during(block, "payment", at) & (intent == CHECKOUT)
    reason = np.where(unpaid, PAYMENT_FAILED, reason)
    is_down = strikes & during(block, "website" if product == "web" else "app", at)
    is_faulty = rng.random(len(at)) < 3 * error_rate(block, product, at)
    reason = np.where(is_down | is_faulty, TECHNICAL, reason)
    return np.where(is_human & (intent >= CART) & (intent < ORDER), reason, -1)


def during(block: Block, area: str, at: Floats) -> Bools:
    """Whether each moment (float days) falls into an incident of an area."""
    incidents = block.facts["incidents"]
    incidents = incidents[(incidents["area"] == area).to_numpy()]
    starts, ends = incidents["start"].to_numpy(), incidents["end"].to_numpy()
    within = (at[:, None] >= starts) & (at[:, None] < ends)
    return np.asarray(within.any(axis=1), dtype=np.bool_)


def error_rate(block: Block, product: str, at: Floats) -> Floats:
    """Share of pages that fail at each moment, by the release that is live."""
    releases = block.facts["releases"]
    releases = releases[(releases["product"] == product).to_numpy()]
    rate = np.full(len(at), USUAL_ERROR_RATE)
    spans = releases[["start", "end", "error_rate"]].to_numpy(dtype=float)
    for start, end, release_rate in spans:
        live = (at >= start) & (at < end)
        rate[live] = np.maximum(rate[live], release_rate)
    return rate
