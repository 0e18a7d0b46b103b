"""Competitors' prices along a true index path, and the promotions that break through it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from simulation.block import Block, stream
from simulation.channels.arrays import lookup

COMPETITORS = ("Northgate", "Vestia", "Kasimir")
# A competitor's usual price level against the own list price.
LEVELS = np.log([0.94, 1.05, 0.99])
CATEGORY_SPREAD, WEEKLY_STEP, RETURN_RATE = 0.05, 0.012, 0.06
WATCHED_PRODUCTS = 60
MISSING_SHARE, LABEL_NOISE = 0.04, 0.01
OFFERS_A_BLOCK = 4
OFFER_NAMES = ("Summer Deals", "Mid-Season Sale", "Member Days", "Weekend Special", "Big Friday")
DEPTHS = (0.1, 0.15, 0.2, 0.25, 0.3, 0.4)
DURATIONS = (3, 15)
PATH, OFFERS = "market.price_path", "market.offers"


def watch_competitors(block: Block) -> None:
    """Write offers and weekly prices; the true index per competitor, category and week is truth."""
    offers = _offers(block)
    days = np.arange(block.first_day, block.end_day, 7)
    categories = block.reference.products["category"].unique()
    path = _index_path(block, len(days), categories)
    _write_truth(block, days, categories, path, offers)
    _write_prices(block, days, categories, path, offers)


def _offers(block: Block) -> pd.DataFrame:
    """Offers that run in the block: those begun earlier, and those that begin and are written."""
    rng = block.rng("market.offers")
    categories = block.reference.products["category"].unique()
    count = rng.poisson(OFFERS_A_BLOCK, len(COMPETITORS))
    competitor = np.repeat(np.arange(len(COMPETITORS)), count)
    begin = rng.integers(block.first_day, block.end_day, len(competitor))
    offers = pd.DataFrame(
        {
            "competitor": competitor,
            # A category number; -1 is the whole range.
            "category": rng.integers(-1, len(categories), len(competitor)),
            "begin": begin,
            "last": begin + rng.integers(*DURATIONS, len(competitor)),
            "depth": rng.choice(DEPTHS, len(competitor)),
            "name": rng.choice(np.array(OFFER_NAMES, dtype=object), len(competitor)),
        }
    ).drop_duplicates(["competitor", "name", "begin"])
    _write_offers(block, offers, categories)
    running = pd.concat([block.memory[OFFERS], offers]) if OFFERS in block.memory else offers
    block.memory[OFFERS] = running[running["last"] >= block.end_day]
    return running


def _write_offers(block: Block, offers: pd.DataFrame, categories: np.ndarray) -> None:
    names = lookup(categories, offers["category"])
    percent = (offers["depth"] * 100).round().astype(int).astype(str)
    scope = np.where(offers["category"] < 0, "everything", names).astype(object)
    rows = {
        "competitor": np.array(COMPETITORS, dtype=object)[offers["competitor"]],
        "offer_name": offers["name"],
        "valid_from": block.at(offers["begin"]),
        "valid_to": block.at(offers["last"]),
        "category": names,
        "discount_share": offers["depth"],
        "description": offers["name"] + ": " + percent + " % off " + scope,
    }
    block.emit("market/competitor_offers", pd.DataFrame(rows), day=offers["begin"].to_numpy())


def _index_path(block: Block, weeks: int, categories: np.ndarray) -> np.ndarray:
    """Log of competitor's price over own list price: week × competitor × category.

    A walk that returns slowly to the competitor's usual level in the category.
    """
    shape = (len(COMPETITORS), len(categories))
    usual = stream(block.settings.seed, "market.levels").normal(0, CATEGORY_SPREAD, shape)
    usual += LEVELS[:, None]
    last = block.memory.get(PATH, usual)
    steps = block.rng("market.path").normal(0, WEEKLY_STEP, (weeks, *shape))
    path = np.empty((weeks, *shape))
    for week, step in enumerate(steps):  # 13 weeks, all prices at once
        last = last + RETURN_RATE * (usual - last) + step
        path[week] = last
    block.memory[PATH] = last
    return path


def _depths(days: np.ndarray, categories: np.ndarray, offers: pd.DataFrame) -> np.ndarray:
    """Deepest discount of the offers that run: week × competitor × category."""
    runs = (offers["begin"].to_numpy() <= days[:, None]) & (
        offers["last"].to_numpy() >= days[:, None]
    )
    covers = offers["category"].to_numpy() == np.arange(len(categories))[:, None]
    covers |= offers["category"].to_numpy() < 0
    makes = offers["competitor"].to_numpy() == np.arange(len(COMPETITORS))[:, None]
    active = runs[:, None, None, :] & makes[None, :, None, :] & covers[None, None, :, :]
    depths: np.ndarray = (active * offers["depth"].to_numpy()).max(axis=3, initial=0.0)
    return depths


def _write_truth(
    block: Block,
    days: np.ndarray,
    categories: np.ndarray,
    path: np.ndarray,
    offers: pd.DataFrame,
) -> None:
    index = pd.MultiIndex.from_product(
        [days, COMPETITORS, categories], names=["day", "competitor", "category"]
    )
    truth = index.to_frame(index=False).assign(
        price_index=100 * np.exp(path).ravel(),
        promotion_depth=_depths(days, categories, offers).ravel(),
    )
    block.truth("price_index", truth, day=truth["day"])


def _write_prices(
    block: Block,
    days: np.ndarray,
    categories: np.ndarray,
    path: np.ndarray,
    offers: pd.DataFrame,
) -> None:
    """The watched products' labels: index and promotion, a little noise, prices ending on .95."""
    products = block.reference.products
    watched = products.nlargest(WATCHED_PRODUCTS, "share")
    category = pd.Index(categories).get_indexer(watched["category"])
    rng = block.rng("market.prices")
    shape = (len(days), len(COMPETITORS), len(watched))
    depth = _depths(days, categories, offers)[:, :, category]
    noise = rng.normal(0, LABEL_NOISE, shape)
    price = watched["list_price"].to_numpy() * np.exp(path[:, :, category] + noise) * (1 - depth)
    week, rival, product = (part.ravel() for part in np.indices(shape))
    product_id = watched["product_id"].to_numpy()[product]
    competitor = np.array(COMPETITORS, dtype=object)[rival]
    rows = pd.DataFrame(
        {
            "competitor": competitor,
            "product_id": product_id,
            "observed_date": block.at(days[week]),
            "price_amount": np.maximum(np.ceil(price.ravel()) - 0.05, 0.95),
            "currency": "EUR",
            "is_promotion": depth.ravel() > 0,
            "url": "https://" + pd.Series(competitor).str.lower() + ".example/p/" + product_id,
        }
    )
    is_seen = rng.random(len(rows)) >= MISSING_SHARE
    block.emit("market/competitor_prices", rows[is_seen], day=days[week][is_seen])
