"""Write the sample's extracts: the same bytes each time, in the layout of the data contracts."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import numpy as np

from examples.sample.baskets import Shelf, purchase_moments
from examples.sample.deliveries import Version, write_extract
from examples.sample.marketing import (
    campaign_versions,
    invent_campaigns,
    invent_messages,
    message_versions,
)
from examples.sample.orders import (
    invent_orders,
    order_line_versions,
    order_versions,
    payment_versions,
    redemption_versions,
)
from examples.sample.people import Person, customer_versions, invent_people
from examples.sample.receipts import invent_receipts, receipt_line_versions, receipt_versions
from examples.sample.reference import (
    Product,
    exchange_rate_versions,
    invent_products,
    postcode_versions,
    product_versions,
    store_versions,
)
from examples.sample.surveys import response_versions

SEED = 20260630

Moments = list[tuple[datetime, Person]]


def generate(landing: Path) -> None:
    """Write every extract below `landing`, as `<source>/<extract>/<extract>_<day>.<format>`."""
    rng = np.random.default_rng(SEED)
    people = invent_people(rng)
    products = invent_products(rng)
    for contract, versions in _invent_reference(people, products, rng):
        write_extract(landing, contract, versions)
    for contract, versions in _invent_events(people, products, rng):
        write_extract(landing, contract, versions)


def _invent_reference(
    people: list[Person], products: list[Product], rng: np.random.Generator
) -> Iterator[tuple[str, list[Version]]]:
    yield "crm/customers", customer_versions(people, rng)
    yield "catalog/products", product_versions(products, rng)
    yield "locations/stores", store_versions()
    yield "locations/postcodes", postcode_versions()
    yield "finance/exchange_rates", exchange_rate_versions(rng)


def _invent_events(
    people: list[Person], products: list[Product], rng: np.random.Generator
) -> Iterator[tuple[str, list[Version]]]:
    campaigns = invent_campaigns()
    messages = invent_messages(campaigns, people, rng)
    online, in_store = _invent_purchases(people, rng)
    shelf = Shelf(products)
    orders = invent_orders(online, shelf, messages, rng)
    receipts = invent_receipts(in_store, shelf, rng)
    yield "marketing/campaigns", campaign_versions(campaigns, rng)
    yield "marketing/campaign_messages", message_versions(messages, rng)
    yield "marketing/offer_redemptions", redemption_versions(orders)
    yield "shop/orders", order_versions(orders)
    yield "shop/order_lines", order_line_versions(orders)
    yield "shop/payments", payment_versions(orders, rng)
    yield "pos/receipts", receipt_versions(receipts)
    yield "pos/receipt_lines", receipt_line_versions(receipts)
    yield "survey/responses", response_versions(people, orders, receipts, rng)


def _invent_purchases(people: list[Person], rng: np.random.Generator) -> tuple[Moments, Moments]:
    """Split each person's purchases between the online shop and the stores; both by time."""
    online: Moments = []
    in_store: Moments = []
    for person in people:
        for moment in purchase_moments(person, rng):
            is_online = rng.random() < person.habits.online_share
            (online if is_online else in_store).append((moment, person))
    for moments in (online, in_store):
        moments.sort(key=lambda purchase: purchase[0])
    return online, in_store
