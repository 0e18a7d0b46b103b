"""What the app sends of each use."""

from __future__ import annotations

import numpy as np
import pandas as pd

from simulation.block import Block
from simulation.channels import searches
from simulation.channels.app.uses import CART_SCREEN, PRODUCT_SCREEN, SEARCH_SCREEN
from simulation.channels.arrays import Floats, Ints, pick
from simulation.channels.giving_up import ORDER, PAYMENT_FAILED, TECHNICAL, error_rate

EVENT_TYPES = (
    "open", "screen_view", "tap", "search", "add_to_cart", "checkout_step", "order", "push_opened",
    "background", "error", "login",
)  # fmt: skip
(
    OPEN, SCREEN_VIEW, TAP, SEARCHED, ADD_TO_CART, CHECKOUT_STEP, ORDERED, PUSH_OPENED, BACKGROUND,
    ERROR, LOGIN,
) = range(11)  # fmt: skip
ERROR_CODES = ("E500", "E503", "NET_TIMEOUT", "PAYMENT_DECLINED", "CRASH")


def events_of(
    block: Block, rng: np.random.Generator, uses: pd.DataFrame, screens: dict[str, np.ndarray]
) -> pd.DataFrame:
    """Events in order of time: use, kind, at (seconds) and what each carries as a code."""
    use, kind, start, stay = (screens[name] for name in ("use", "kind", "start", "stay"))
    every, rows = np.arange(len(uses)), np.arange(len(use))
    product = pick(rng, block.reference.products["share"].to_numpy(), len(use))
    taps = rows[(rng.random(len(use)) < 0.45) & ~screens["is_last"]]
    searched = rows[kind == SEARCH_SCREEN]
    added, steps = rows[screens["is_focus"]], rows[kind >= CART_SCREEN]
    failed = rows[rng.random(len(use)) < _failure(block, uses, screens)]
    is_order = uses["intent"].to_numpy() == ORDER
    crashes = _crashed(uses, use, failed)
    pushed, closed = every[uses["is_push"].to_numpy()], every[~crashes]
    first, end = uses["start"].to_numpy(), uses["end"].to_numpy()
    new = every[pd.notna(uses["customer_id"]).to_numpy() & (rng.random(len(uses)) < 0.06)]
    parts = [
        _part(OPEN, every, first - 0.4),
        _part(PUSH_OPENED, pushed, first[pushed] - 0.2),
        _part(LOGIN, new, first[new] + 0.6),
        _part(SCREEN_VIEW, use, start, rows),
        _part(TAP, use[taps], start[taps] + stay[taps] * rng.uniform(0.3, 0.95, len(taps)), taps),
        _part(SEARCHED, use[searched], start[searched] + 0.3 * stay[searched], searched),
        _part(ADD_TO_CART, use[added], start[added] + 0.8 * stay[added], added),
        _part(CHECKOUT_STEP, use[steps], start[steps] + 0.1, steps),
        _part(ERROR, use[failed], start[failed] + 0.7 * stay[failed], failed),
        _part(ORDERED, every[is_order], end[is_order]),
        _part(BACKGROUND, closed, end[closed] + np.where(is_order, 4.0, 0.0)[closed]),
    ]
    events = pd.concat(parts, ignore_index=True)
    events["at"] = events["at"].round(3)
    events = events.sort_values("at", kind="stable", ignore_index=True)
    return _details(block, rng, uses, screens, product, events)


def _part(kind: int, use: Ints, at: Floats, screen: Ints | int = -1) -> pd.DataFrame:
    return pd.DataFrame({"use": use, "kind": np.int8(kind), "at": at, "screen": screen})


def _failure(block: Block, uses: pd.DataFrame, screens: dict[str, np.ndarray]) -> Floats:
    """Probability that each screen shows an error."""
    reason = uses["reason"].to_numpy()[screens["use"]]
    stops = screens["is_last"] & np.isin(reason, (TECHNICAL, PAYMENT_FAILED))
    return np.where(stops, 1.0, error_rate(block, "app", screens["start"] / 86400))


def _crashed(uses: pd.DataFrame, use: Ints, failed: Ints) -> np.ndarray:
    """A technical failure at the end takes half of the uses down without a farewell."""
    crashed = np.zeros(len(uses), dtype=bool)
    crashed[use[failed]] = True
    crashed &= (uses["reason"].to_numpy() == TECHNICAL) & (np.arange(len(uses)) % 2 == 0)
    return crashed


def _details(
    block: Block,
    rng: np.random.Generator,
    uses: pd.DataFrame,
    screens: dict[str, np.ndarray],
    product: Ints,
    events: pd.DataFrame,
) -> pd.DataFrame:
    kind, screen, use = (events[name].to_numpy() for name in ("kind", "screen", "use"))
    shown = np.append(screens["kind"], -1)[screen]
    events["shown"] = shown
    is_product = np.isin(shown, (PRODUCT_SCREEN, CART_SCREEN))
    events["product"] = np.where(is_product, np.append(product, -1)[screen], -1)
    is_step = kind == CHECKOUT_STEP
    events["step"] = np.where(is_step, np.append(screens["step"], -1)[screen] + 1, -1)
    found = np.flatnonzero(kind == SEARCHED)
    language = searches.language_codes(block.people.column("language"))
    person = uses["person"].to_numpy()[use[found]]
    none = np.zeros(len(found), dtype=bool)
    term, _ = searches.search(rng, language[person], rng.integers(0, 10, len(found)), none)
    events["term"] = -1
    events.loc[found, "term"] = term
    reason = uses["reason"].to_numpy()[use]
    code = np.where(reason == PAYMENT_FAILED, 3, np.where(reason == TECHNICAL, 4, kind % 3))
    events["error"] = np.where(kind == ERROR, code, -1)
    return events
