"""Who places an order where, under which number, and the moments of its way."""

from __future__ import annotations

import numpy as np
import pandas as pd

from simulation.block import Block
from simulation.channels.arrays import Bools, Ints, Objects, pick_by_row
from simulation.channels.blanks import known
from simulation.channels.commerce.baskets import affordable
from simulation.channels.customers.contact_data import typed_phones, with_typing_errors
from simulation.channels.customers.records import SECONDS
from simulation.channels.money import EURO_RATES, FREE_SHIPPING_FROM, SHIPPING, TAX_RATES
from simulation.purchases import STANDARD_DELIVERY_DAYS
from simulation.vocabulary import CURRENCIES

SHOP_METHODS = ("web", "app", "phone")
GUEST_SHARES = {"web": 0.08, "app": 0.02, "phone": 0.15}
SECOND_ACCOUNT_SHARE = 0.5
CARD_SHOWN_SHARE, CARD_ENTERED_SHARE = 0.85, 0.7
HOME_STORE_SHARE = 0.8
PHONE_GIVEN_SHARE = 0.6
UNAVAILABLE_SHARE, VOID_SHARE = 0.3, 0.005
OFFER_USED_WHEN_CAUSED, OFFER_USED_OTHERWISE = 0.85, 0.2
EARLIEST_HOUR, LATEST_HOUR = 8, 20


def place_orders(block: Block) -> pd.DataFrame:
    """One row per occasion; `placed`, `shipped`, `delivered` and `canceled` in whole seconds."""
    rng = block.rng("commerce.placing")
    occasions = block.facts["occasions"]
    orders = occasions.assign(
        placed=occasions["day"] * SECONDS + occasions["second"].astype("int64"),
        is_shop=occasions["method"].isin(SHOP_METHODS),
        basket_lines=affordable(occasions["basket_lines"], occasions["spend"]),
    )
    orders["touch_id"] = _numbers(block, orders)
    orders = _with_identity(block, orders, rng)
    orders = _with_place(block, orders, rng)
    orders = _with_way(orders, rng)
    return _with_offer(block, orders, rng)


def _numbers(block: Block, orders: pd.DataFrame) -> Objects:
    """Numbers of three systems, each in the order of its sales."""
    numbers = np.empty(len(orders), dtype=object)
    method = orders["method"]
    for prefix, chosen in (
        ("W", orders["is_shop"]),
        ("R", method == "store"),
        ("MP", method == "marketplace"),
    ):
        rows = np.flatnonzero(chosen)
        rows = rows[np.argsort(orders["placed"].to_numpy()[rows], kind="stable")]
        numbers[rows] = block.ids(prefix, len(rows))
    return numbers


def _with_identity(block: Block, orders: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """The account, card and contact data under which each order is recorded, if any."""
    own = block.facts["accounts"].iloc[orders["person"].to_numpy()].reset_index(drop=True)
    placed, count = orders["placed"].to_numpy(), len(orders)
    guest_share = orders["method"].map(GUEST_SHARES).fillna(1.0).to_numpy()
    has_account = (own["account_since"] <= placed) & (rng.random(count) >= guest_share)
    is_second = has_account & (own["second_since"] <= placed)
    is_second &= rng.random(count) < SECOND_ACCOUNT_SHARE
    orders["customer_id"] = known(has_account, own["customer_id"])
    orders.loc[is_second.to_numpy(), "customer_id"] = own["second_id"][is_second].to_numpy()
    shows = (own["card_since"] <= placed) & (rng.random(count) < CARD_SHOWN_SHARE)
    enters = has_account & (own["tied_since"] <= placed) & (rng.random(count) < CARD_ENTERED_SHARE)
    is_store = (orders["method"] == "store").to_numpy()
    orders["loyalty_id"] = known(np.where(is_store, shows, enters), own["loyalty_id"])
    email = np.where(is_second, own["second_email"], own["email"])
    slips = ~has_account & (rng.random(count) < block.settings.preset.typo_share)
    orders["email"] = with_typing_errors(email, slips.to_numpy(), rng)
    gives = rng.random(count) < PHONE_GIVEN_SHARE
    country = block.people.column("country_code")[orders["person"].to_numpy()].astype(object)
    phone = typed_phones(own["phone"].to_numpy(dtype=object), country, rng)
    orders["phone"] = known(gives, phone)
    orders["country_code"] = country
    orders["home_store"] = own["home_store"].to_numpy()
    orders["favourite_category"] = own["favourite_category"].to_numpy()
    return orders


def _with_place(block: Block, orders: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """The store of a receipt; the country whose currency and tax hold."""
    stores = block.reference.stores
    is_store = (orders["method"] == "store").to_numpy()
    strays = rng.random(len(orders)) >= HOME_STORE_SHARE
    store = np.where(strays, _other_stores(stores, orders, rng), orders["home_store"])
    orders["store"] = np.where(is_store, store, -1)
    there = stores["country_code"].to_numpy(dtype=object)[store]
    orders["tax_country"] = np.where(is_store, there, orders["country_code"])
    orders["currency"] = orders["tax_country"].map(CURRENCIES).to_numpy(dtype=object)
    orders["euro_rate"] = orders["currency"].map(EURO_RATES).astype(float)
    orders["tax_rate"] = orders["tax_country"].map(TAX_RATES).astype(float)
    shipping = orders["currency"].map(SHIPPING).astype("int64")
    orders["shipping"] = shipping.where(~is_store, 0)
    orders["free_shipping_from"] = orders["currency"].map(FREE_SHIPPING_FROM).astype("int64")
    return orders


def _other_stores(stores: pd.DataFrame, orders: pd.DataFrame, rng: np.random.Generator) -> Ints:
    """Any store of the country of the home store."""
    codes, _ = pd.factorize(stores["country_code"])
    same = codes[:, None] == codes[None, :]
    weights = same * stores["size"].to_numpy()
    return pick_by_row(rng, weights, orders["home_store"].to_numpy())


def _with_way(orders: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Promised in three days; what is delivered arrives in the daytime, never after that moment."""
    placed, count = orders["placed"].to_numpy(), len(orders)
    delay = np.maximum(np.nan_to_num(orders["delay_days"].to_numpy()), -2.0)
    arrives = placed + ((STANDARD_DELIVERY_DAYS + delay) * SECONDS).astype(np.int64)
    arrives = _in_daytime(arrives)
    orders["promised"] = placed + STANDARD_DELIVERY_DAYS * SECONDS
    orders["delivered"] = arrives
    latest = np.minimum(placed + SECONDS, (placed + arrives) // 2)
    orders["shipped"] = latest - (rng.random(count) * (latest - placed) * 0.5).astype(np.int64)
    orders["canceled"] = placed + (rng.uniform(0.02, 1.5, count) * SECONDS).astype(np.int64)
    is_unavailable = rng.random(count) < UNAVAILABLE_SHARE
    orders["end_status"] = np.where(is_unavailable, "unavailable", "canceled").astype(object)
    is_store = (orders["method"] == "store").to_numpy()
    orders["is_canceled"] |= is_store & (rng.random(count) < VOID_SHARE)
    orders["is_delivered"] = ~is_store & ~orders["is_canceled"].to_numpy()
    return orders


def _in_daytime(moments: Ints) -> Ints:
    """Move moments to the daytime, never to a later one."""
    day, second = moments // SECONDS, moments % SECONDS
    first, last = EARLIEST_HOUR * 3600, LATEST_HOUR * 3600
    before: Bools = second < first
    squeezed = first + (second - first) * (last - first) // (SECONDS - first)
    yesterday = first + second * (last - first) // first
    return np.where(before, (day - 1) * SECONDS + yesterday, day * SECONDS + squeezed)


def _with_offer(block: Block, orders: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """The open offer that an order of a known account uses: of several the last."""
    draw = rng.random(len(orders))
    share = np.where(orders["campaign"] >= 0, OFFER_USED_WHEN_CAUSED, OFFER_USED_OTHERWISE)
    may = orders["customer_id"].notna() & (draw < share)
    offers = block.facts.get("open_offers", pd.DataFrame({"person": []}))
    wanted = orders.loc[may, ["person", "placed"]].reset_index(names="order")
    found = wanted.merge(offers, on="person") if len(offers) else wanted.iloc[:0]
    if len(found):
        days = found["placed"] / SECONDS
        found = found[(found["sent"] <= days) & (days < found["expires"])]
        found = found.sort_values(["order", "sent"], kind="stable").drop_duplicates(
            "order", keep="last"
        )
    used = found.set_index("order").reindex(orders.index) if len(found) else None
    nothing = np.full(len(orders), None, dtype=object)
    orders["offer_id"] = nothing if used is None else used["offer_id"].to_numpy(dtype=object)
    orders["offer_share"] = 0.0 if used is None else used["discount_share"].fillna(0.0).to_numpy()
    return orders
