"""Who opens the app, when, with which intent, and the screens that are shown."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from simulation.block import Block
from simulation.channels.arrays import Floats, Ints, pick, spread, uniform
from simulation.channels.blanks import known
from simulation.channels.giving_up import (
    CART,
    CHECKOUT,
    LOOK,
    ORDER,
    PRODUCT,
    SEARCH,
    STEP_OF_REASON,
    reasons_online,
)  # fmt: skip
from simulation.channels.moments import moments, undisturbed, visit_days

SCREENS = ("home", "category", "product", "search", "offers", "account", "cart", "checkout")
HOME, CATEGORY, PRODUCT_SCREEN, SEARCH_SCREEN, OFFERS, ACCOUNT, CART_SCREEN, CHECKOUT_SCREEN = (
    range(8)
)
NEXT_SCREENS = (0.08, 0.26, 0.42, 0.1, 0.08, 0.06, 0.0, 0.0)
INTENTS = (0.55, 0.12, 0.2, 0.08, 0.05)
USER_SHARE, USES_A_DAY, USES_PER_PURCHASE, POWER = 0.15, 0.016, 1.8, 1.8
LOGGED_OUT_SHARE = 0.08


def _use(person: Ints, at: Floats, intent: Any) -> pd.DataFrame:
    frame = pd.DataFrame({"person": person, "at": at, "intent": intent})
    return frame.assign(order_id=None, campaign_id=None, is_push=False)


def uses_of(block: Block, rng: np.random.Generator) -> pd.DataFrame:
    """Every use of the block: person, at (float days; an order's moment), intent, reason, order."""
    uses = pd.concat([_orders(block), _browsing(block, rng), _pushed(block)], ignore_index=True)
    accounts, person = block.facts["accounts"], uses["person"].to_numpy()
    at = uses["at"].to_numpy()
    is_member = accounts["account_since"].to_numpy()[person] <= at * 86400
    is_out = uniform(block.settings.seed, person, 41) < LOGGED_OUT_SHARE
    ids = accounts["customer_id"].to_numpy(dtype=object)[person]
    uses["customer_id"] = known(is_member & ~is_out, ids)
    intent, everyone = uses["intent"].to_numpy(), np.ones(len(uses), dtype=bool)
    uses["reason"] = reasons_online(
        block, rng, at, person, intent, product="app", is_human=everyone
    )
    return uses


def _orders(block: Block) -> pd.DataFrame:
    orders = block.facts["orders"]
    orders = orders[(orders["method"] == "app").to_numpy()]
    placed = orders["placed_at"].to_numpy().astype("datetime64[us]") - block.settings.midnight
    uses = _use(orders["person"].to_numpy(), placed.astype(np.int64) / 86_400e6, ORDER)
    uses["order_id"] = orders["touch_id"].to_numpy(dtype=object)
    occasions = block.facts["occasions"].set_index("occasion_id")["campaign_id"]
    uses["campaign_id"] = occasions.reindex(orders["occasion_id"]).to_numpy(dtype=object)
    return uses


def _browsing(block: Block, rng: np.random.Generator) -> pd.DataFrame:
    people = block.people
    begin, end = visit_days(block)
    app = people.column("app_share") * people.column("online_share")
    rate = USES_A_DAY + USES_PER_PURCHASE * people.column("daily_rate")
    rate = np.where(people.column("app_share") > USER_SHARE, rate * app, 0.0)
    person = np.repeat(np.arange(len(people)), rng.poisson(rate * (end - begin)))
    at = moments(block, rng, begin[person], end[person])
    return _use(person, at, pick(rng, INTENTS, len(person)))


def _pushed(block: Block) -> pd.DataFrame:
    """Uses that a click on a push message began."""
    clicks = block.facts.get("campaign_clicks", pd.DataFrame({"channel": []}))
    clicks = clicks[(clicks["channel"] == "push").to_numpy()]
    if clicks.empty:
        return _use(np.empty(0, np.int64), np.empty(0), LOOK)
    at = (clicks["at"].to_numpy().astype("datetime64[us]") - block.settings.midnight).astype(int)
    uses = _use(clicks["person"].to_numpy(), at / 86_400e6, PRODUCT)
    uses["campaign_id"], uses["is_push"] = clicks["campaign_id"].to_numpy(dtype=object), True
    return uses[(uses["at"] >= block.first_day) & (uses["at"] < block.end_day)]


def screens_of(rng: np.random.Generator, uses: pd.DataFrame) -> dict[str, np.ndarray]:
    """Screens in order of uses: use, position, kind, step (-1 outside the checkout), stay."""
    intent, reason = uses["intent"].to_numpy(), uses["reason"].to_numpy()
    browse = np.minimum((1 - rng.random(len(uses))) ** (-1 / POWER), 30).astype(np.int64)
    browse = np.maximum(browse, np.where(intent >= SEARCH, 2, 1))
    stop = np.where(reason >= 0, STEP_OF_REASON[reason] + 1, 0)
    steps = np.where(intent == ORDER, 4, np.where(intent == CHECKOUT, stop, 0))
    count = browse + (intent >= CART) + steps
    use, position = spread(count)
    after = position - browse[use]
    kind = np.where(position == 0, HOME, pick(rng, NEXT_SCREENS, len(use)))
    is_goal = after == -1
    kind = np.where(is_goal & (intent[use] == SEARCH), SEARCH_SCREEN, kind)
    kind = np.where(is_goal & (intent[use] >= PRODUCT), PRODUCT_SCREEN, kind)
    kind = np.where(after == 0, CART_SCREEN, np.where(after > 0, CHECKOUT_SCREEN, kind))
    stay = np.clip(9 * np.exp(rng.normal(0, 0.9, len(use))), 1.5, 900).round(3)
    is_last = position == count[use] - 1
    step = np.where(kind == CHECKOUT_SCREEN, after - 1, -1)
    return {"use": use, "position": position, "kind": kind, "step": step, "stay": stay,
            "is_last": is_last, "is_focus": is_goal & (intent[use] >= CART)}  # fmt: skip


def place_in_time(
    uses: pd.DataFrame, screens: dict[str, np.ndarray]
) -> tuple[pd.DataFrame, dict[str, np.ndarray]]:
    """Give each use a start and an end, each screen a start; an order stands at the end.

    Uses that would run into the next one of the same person are left out.
    """
    use, stay = screens["use"], screens["stay"]
    total = np.cumsum(stay) - stay
    first = np.searchsorted(use, np.arange(len(uses)))
    length = np.bincount(use, stay, minlength=len(uses))
    is_order = uses["intent"].to_numpy() == ORDER
    start = uses["at"].to_numpy() * 86400 - np.where(is_order, length, 0.0)
    uses = uses.assign(start=start, end=start + length)
    screens = screens | {"start": start[use] + total - total[first[use]]}
    keep = undisturbed(uses["person"].to_numpy(), start, start + length, is_order)
    kept = {name: values[keep[use]] for name, values in screens.items()}
    kept["use"] = (np.cumsum(keep) - 1)[kept["use"]]
    return uses[keep].reset_index(drop=True), kept
