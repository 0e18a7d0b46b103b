"""Invent what changes rarely: goods, stores, postcodes and exchange rates."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

import numpy as np

from examples.sample.clock import BEGIN, FIRST_DAY, LAST_DAY, days_after, midnight
from examples.sample.deliveries import Row, Version
from examples.sample.vocabulary import ASSORTMENT, BRANDS, GERMAN_PLACES, PLACES, VARIANTS

STORE_COUNT = 8
FIRST_RATES = {"USD": 0.93, "GBP": 1.18}


@dataclass(frozen=True)
class Product:
    """An article with its list price in euros."""

    product_id: str
    name: str
    brand: str
    department: str
    category: str
    variant: str
    list_price: Decimal


def cents(amount: Decimal | float) -> Decimal:
    """Round an amount to cents, half up."""
    rounded = Decimal(str(amount)).quantize(Decimal("0.01"), rounding="ROUND_HALF_UP")
    return rounded + 0  # turns minus zero to zero


def invent_products(rng: np.random.Generator) -> list[Product]:
    """Invent every variant of every category of the assortment."""
    products: list[Product] = []
    for (department, category), (noun, least_price, greatest_price) in ASSORTMENT.items():
        for variant in VARIANTS:
            products.append(
                Product(
                    product_id=f"P{1000 + len(products)}",
                    name=f"{noun} {variant}",
                    brand=BRANDS[rng.integers(len(BRANDS))],
                    department=department,
                    category=category,
                    variant=variant,
                    list_price=cents(round(rng.uniform(least_price, greatest_price)) - 0.05),
                )
            )
    return products


def product_versions(products: list[Product], rng: np.random.Generator) -> list[Version]:
    """Describe each product as listed first and, for one in ten, with a better purchase price."""
    versions = []
    for product in products:
        row = _describe_product(product, cost_share=rng.uniform(0.4, 0.6))
        versions.append(Version(BEGIN, {**row, "updated_at": BEGIN}))
        if rng.random() < 0.1:
            changed_at = midnight(date(2026, 3, 1))
            cheaper = cents(float(product.list_price) * 0.38)
            versions.append(
                Version(changed_at, {**row, "unit_cost_amount": cheaper, "updated_at": changed_at})
            )
    return versions


def _describe_product(product: Product, cost_share: float) -> Row:
    return {
        "product_id": product.product_id,
        "name": product.name,
        "brand": product.brand,
        "department": product.department,
        "category": product.category,
        "subcategory": f"{product.category} {product.variant.lower()}",
        "package_size": "1 piece",
        "unit_cost_amount": cents(float(product.list_price) * cost_share),
        "list_price_amount": product.list_price,
        "currency": "EUR",
    }


def store_versions() -> list[Version]:
    """Describe a store in each of the first towns; the last of them closes."""
    versions = []
    for number, place in enumerate(GERMAN_PLACES[:STORE_COUNT]):
        row: Row = {
            "store_id": store_id(number),
            "name": f"Sample Outfitters {place.city}",
            "store_format": "flagship" if number == 0 else "city",
            **{column: value for column, value in place._asdict().items()},
            "opened_date": date(2015 + number, 4, 1),
            "updated_at": BEGIN,
        }
        versions.append(Version(BEGIN, row))
    closing = {"closed_date": LAST_DAY, "updated_at": midnight(date(2026, 5, 4))}
    versions.append(Version(midnight(date(2026, 5, 4)), {**versions[-1].row, **closing}))
    return versions


def store_id(number: int) -> str:
    """The key of a store, from its place in the list of towns."""
    return f"S{number + 1:02d}"


def postcode_versions() -> list[Version]:
    """Describe every postcode in which a customer or a store can be."""
    return [Version(BEGIN, dict(place._asdict())) for place in PLACES]


def exchange_rate_versions(rng: np.random.Generator) -> list[Version]:
    """Let each rate wander by 0.4 % a bank day; week-ends have none, as at central banks."""
    first = FIRST_DAY - timedelta(days=7)
    days = [first + timedelta(days=count) for count in range((LAST_DAY - first).days + 1)]
    bank_days = [day for day in days if day.weekday() < 5]
    versions = []
    for currency, first_rate in FIRST_RATES.items():
        rates = first_rate * np.exp(np.cumsum(rng.normal(0, 0.004, len(bank_days))))
        for day, rate in zip(bank_days, rates, strict=True):
            row: Row = {
                "rate_date": day,
                "currency": currency,
                "reporting_currency": "EUR",
                "rate": Decimal(f"{rate:.6f}"),
            }
            versions.append(Version(days_after(midnight(day), 0.7), row))
    return versions
