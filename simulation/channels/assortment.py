"""Reference extracts: products, stores, towns, organisation units, exchange rates."""

from __future__ import annotations

import numpy as np
import pandas as pd

from simulation.block import Block
from simulation.vocabulary import FIRST_RATES

RATE_VOLATILITY = 0.004
REORGANISED_BLOCK = 4
FOUNDED = np.datetime64("2015-01-01")


def simulate(block: Block) -> None:
    """Describe goods and places on the first day, revise some later, quote rates each bank day."""
    if block.number == 0:
        _describe_places(block)
        _describe_organisation(block)
        _describe_products(block, block.reference.products, day=0)
    else:
        _revise_products(block)
    if block.number == REORGANISED_BLOCK:
        _reorganise(block)
    _quote_rates(block)


def _describe_places(block: Block) -> None:
    places, stores = block.reference.places, block.reference.stores
    wanted = ["country_code", "postcode", "city", "region", "latitude", "longitude"]
    block.emit("locations/postcodes", places[wanted], day=np.zeros(len(places)))
    spot = places.iloc[stores["place"].to_numpy()].reset_index(drop=True)
    described = stores[["store_id", "name", "store_format"]].assign(
        **{name: spot[name] for name in wanted},
        organisation_unit_id=stores["store_id"],
        opened_date=block.date(stores["opened_day"]),
        updated_at=block.at(np.zeros(len(stores))),
    )
    block.emit("locations/stores", described, day=np.zeros(len(stores)))


def _describe_organisation(block: Block) -> None:
    """Stores roll up to regions, regions to countries."""
    stores, regions = block.reference.stores, block.reference.regions
    countries = regions["country_code"].drop_duplicates()
    units = pd.concat(
        [
            pd.DataFrame({"unit_id": countries, "name": countries, "level": "country"}),
            pd.DataFrame(
                {
                    "unit_id": "R-" + regions["region"],
                    "name": regions["region"],
                    "level": "region",
                    "parent_unit_id": regions["country_code"],
                }
            ),
            pd.DataFrame(
                {
                    "unit_id": stores["store_id"],
                    "name": stores["name"],
                    "level": "store",
                    "parent_unit_id": "R-" + stores["region"],
                }
            ),
        ],
        ignore_index=True,
    )
    units["valid_from"] = FOUNDED
    units["updated_at"] = block.at(np.zeros(len(units)))
    block.emit("locations/organisation_units", units, day=np.zeros(len(units)))


def _reorganise(block: Block) -> None:
    """The first store goes to the next region of its country: one unit ends, one begins."""
    store, regions = block.reference.stores.iloc[0], block.reference.regions
    is_other = (regions["country_code"] == store["country_code"]) & (
        regions["region"] != store["region"]
    )
    day = np.full(2, block.first_day)
    since = block.date(day[:1])[0]
    units = pd.DataFrame(
        {
            "unit_id": store["store_id"],
            "name": store["name"],
            "level": "store",
            "parent_unit_id": ["R-" + store["region"], "R-" + regions["region"][is_other].iloc[0]],
            "valid_from": [FOUNDED, since],
            "valid_to": [since - np.timedelta64(1, "D"), np.datetime64("NaT", "D")],
            "updated_at": block.at(day),
        }
    )
    block.emit("locations/organisation_units", units, day=day)


def _describe_products(block: Block, products: pd.DataFrame, day: int) -> None:
    described = products[
        ["product_id", "name", "brand", "department", "category", "subcategory", "package_size"]
    ].assign(
        unit_cost_amount=products["unit_cost"],
        list_price_amount=products["list_price"],
        currency="EUR",
        updated_at=block.at(np.full(len(products), day)),
    )
    block.emit("catalog/products", described, day=np.full(len(products), day))


def _revise_products(block: Block) -> None:
    """Each quarter some goods are bought at a better price."""
    rng = block.rng("assortment")
    products = block.reference.products
    chosen = products[rng.random(len(products)) < 0.08].copy()
    chosen["unit_cost"] = np.round(chosen["unit_cost"] * 0.95, 2)
    _describe_products(block, chosen, day=block.first_day + 1)


def _quote_rates(block: Block) -> None:
    """A random walk on bank days; week-ends have no rate, as at central banks."""
    rng = block.rng("exchange_rates")
    first = block.first_day - (10 if block.number == 0 else 0)
    days = np.arange(first, block.end_day)
    days = days[np.is_busday(block.date(days))]
    last = block.memory.setdefault("exchange_rates", dict(FIRST_RATES))
    for currency in FIRST_RATES:
        steps = rng.normal(0, RATE_VOLATILITY, len(days))
        rates = last[currency] * np.exp(np.cumsum(steps))
        last[currency] = float(rates[-1])
        quotes = {
            "rate_date": block.date(days),
            "currency": currency,
            "reporting_currency": "EUR",
            "rate": np.round(rates, 8),
        }
        block.emit("finance/exchange_rates", pd.DataFrame(quotes), day=np.maximum(days, 0))
