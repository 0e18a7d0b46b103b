"""What the company has before any customer: goods, towns, stores and their organisation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from simulation.settings import CompanySettings
from simulation.vocabulary import (
    ASSORTMENT,
    BRANDS,
    COUNTRY_SHARES,
    CURRENCIES,
    PLACES,
    VARIANTS,
)

LEAST_STORES = 6
CUSTOMERS_PER_STORE = 2000


@dataclass(frozen=True)
class Reference:
    """Frames whose row number is the index by which everything else points at them.

    places: country_code, region, city, postcode, latitude, longitude, currency, share (of people).
    products: product_id, name, brand, department, category, subcategory, package_size,
    list_price (EUR), unit_cost, share (of sales). stores: store_id, name, store_format, place,
    region, country_code, size (share of store traffic), opened_day. regions: region, country_code.
    """

    places: pd.DataFrame
    products: pd.DataFrame
    stores: pd.DataFrame
    regions: pd.DataFrame


def build_reference(settings: CompanySettings) -> Reference:
    """The reference data of a company: a function of its settings alone."""
    rng = np.random.default_rng([settings.seed, 7])
    places = _places()
    return Reference(
        places=places,
        products=_products(rng),
        stores=_stores(places, settings.customers, rng),
        regions=places[["region", "country_code"]].drop_duplicates(ignore_index=True),
    )


def _places() -> pd.DataFrame:
    places = pd.DataFrame(PLACES).astype({"latitude": float, "longitude": float})
    places["currency"] = places["country_code"].map(CURRENCIES)
    in_country = places.groupby("country_code")["city"].transform("count")
    weight = np.where(places.groupby("region").cumcount() == 0, 2.0, 0.5) / in_country
    share = places["country_code"].map(COUNTRY_SHARES) * weight
    places["share"] = share / share.sum()
    return places


def _products(rng: np.random.Generator) -> pd.DataFrame:
    kinds = pd.DataFrame(
        [(*key, *value) for key, value in ASSORTMENT.items()],
        columns=["department", "category", "noun", "least", "greatest", "sales_share"],
    )
    products = kinds.merge(pd.DataFrame({"variant": VARIANTS}), how="cross")
    count = len(products)
    spread = rng.uniform(size=count)
    products["list_price"] = (
        np.rint(products["least"] + spread * (products["greatest"] - products["least"])) - 0.05
    )
    products["unit_cost"] = np.round(products["list_price"] * rng.uniform(0.38, 0.6, count), 2)
    products["product_id"] = [f"P{1000 + number}" for number in range(count)]
    products["name"] = products["noun"] + " " + products["variant"]
    products["brand"] = np.array(BRANDS, dtype=object)[rng.integers(len(BRANDS), size=count)]
    products["subcategory"] = products["category"] + " " + products["variant"].str.lower()
    products["package_size"] = "1 piece"
    popularity = rng.gamma(1.5, size=count)
    in_category = pd.Series(popularity).groupby(products["category"]).transform("sum")
    products["share"] = products["sales_share"] * popularity / in_category
    return products.drop(columns=["noun", "least", "greatest", "sales_share"])


def _stores(places: pd.DataFrame, customers: int, rng: np.random.Generator) -> pd.DataFrame:
    count = max(LEAST_STORES, customers // CUSTOMERS_PER_STORE)
    by_share = np.argsort(-places["share"].to_numpy(), kind="stable")
    place = by_share[np.arange(count) % len(by_share)]
    size = rng.gamma(4.0, size=count)
    return pd.DataFrame(
        {
            "store_id": [f"S{number + 1:03d}" for number in range(count)],
            "name": "Sample Outfitters " + places["city"].to_numpy()[place],
            "store_format": np.where(np.arange(count) % 5 == 0, "flagship", "city"),
            "place": place,
            "region": places["region"].to_numpy()[place],
            "country_code": places["country_code"].to_numpy()[place],
            "size": size / size.sum(),
            "opened_day": -rng.integers(400, 4000, size=count),
        }
    )
