"""Terminals in the stores: what visitors look for there."""

from __future__ import annotations

import numpy as np
import pandas as pd

from simulation.block import Block
from simulation.channels import searches
from simulation.channels.arrays import Floats, Ints, coded, lookup, pick, spread
from simulation.channels.blanks import known
from simulation.channels.stores.visits import STOCK
from simulation.vocabulary import LANGUAGES

USE_SHARE, USE_SHARE_WITHOUT_STOCK, CARD_SHOWN_SHARE = 0.05, 0.25, 0.25
EVENT_TYPES = ("start", "search", "product_view", "stock_check", "order", "help", "timeout")
START, SEARCHED, PRODUCT_VIEW, STOCK_CHECK, ORDERED, HELP, TIMEOUT = range(7)
TIMEOUT_SECONDS = 45.0


def use_kiosks(block: Block, visits: pd.DataFrame) -> None:
    """Write `kiosk/events`: some visitors use the terminal, most of all when goods are missing."""
    rng = block.rng("stores.kiosk")
    wants = np.where(visits["reason"] == STOCK, USE_SHARE_WITHOUT_STOCK, USE_SHARE)
    uses = visits[rng.random(len(visits)) < wants].reset_index(drop=True)
    use, kind, at = _events(rng, uses)
    products = block.reference.products
    product_ids = products["product_id"].to_numpy(dtype=object)
    product = pick(rng, products["share"].to_numpy(), len(use))
    shows = (kind == PRODUCT_VIEW) | (kind == STOCK_CHECK) | (kind == ORDERED)
    stores = block.reference.stores["store_id"].to_numpy(dtype=object)[uses["store"].to_numpy()]
    block.emit(
        "kiosk/events",
        {
            "event_id": block.ids("KE", len(use)),
            "kiosk_id": (stores + "-K1")[use],
            "store_id": stores[use],
            "session_id": block.ids("KS", len(uses))[use],
            "loyalty_id": _cards(block, rng, uses)[use],
            "event_at": block.at(0, at),
            "event_type": coded(kind, EVENT_TYPES),
            "product_id": coded(np.where(shows, product, -1), product_ids),
            "search_term": _terms(block, rng, uses, use, kind),
        },
        day=np.maximum(at // 86400, block.first_day).astype(np.int64),
    )


def _events(rng: np.random.Generator, uses: pd.DataFrame) -> tuple[Ints, Ints, Floats]:
    """A use begins, goes through some products, ends in an order, a call for help or nothing."""
    steps = 3 + rng.binomial(3, 0.4, len(uses))
    use, position = spread(steps)
    kind = pick(rng, (0.0, 0.3, 0.5, 0.2), len(use))
    bought = uses["receipt_id"].notna().to_numpy()
    draw = rng.random(len(uses))
    end = np.where(bought & (draw < 0.2), ORDERED, np.where(draw > 0.88, HELP, TIMEOUT))
    kind = np.where(position == 0, START, np.where(position == steps[use] - 1, end[use], kind))
    pause = rng.exponential(9.0, len(use)) + 2 + np.where(kind == TIMEOUT, TIMEOUT_SECONDS, 0)
    pause = np.where(position == 0, 0.0, pause)
    total = np.cumsum(pause)
    first = np.searchsorted(use, np.arange(len(uses)))
    entered, left = uses["entered"].to_numpy(), uses["left"].to_numpy()
    begin = entered + rng.uniform(0.1, 0.6, len(uses)) * (left - entered)
    at = np.round(begin[use] + total - total[first[use]], 3)
    order = np.argsort(at, kind="stable")
    return use[order], kind[order], at[order]


def _cards(block: Block, rng: np.random.Generator, uses: pd.DataFrame) -> np.ndarray:
    accounts, person = block.facts["accounts"], uses["person"].to_numpy()
    row = np.maximum(person, 0)
    has = (person >= 0) & (accounts["card_since"].to_numpy()[row] <= uses["entered"].to_numpy())
    shown = has & (rng.random(len(uses)) < CARD_SHOWN_SHARE)
    return known(shown, accounts["loyalty_id"].to_numpy(dtype=object)[row])


def _terms(
    block: Block, rng: np.random.Generator, uses: pd.DataFrame, use: Ints, kind: Ints
) -> np.ndarray:
    country = block.reference.stores["country_code"].to_numpy()[uses["store"].to_numpy()[use]]
    language = searches.language_codes(pd.Series(country).map(LANGUAGES).to_numpy())
    missing = uses["reason"].to_numpy()[use] == STOCK
    term, _ = searches.search(rng, language, rng.integers(0, 10, len(use)), missing)
    return lookup(searches.TERMS, np.where(kind == SEARCHED, term, -1))
