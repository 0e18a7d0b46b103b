"""Purchases as systems record them: shop orders, till receipts, marketplace orders, returns."""

from __future__ import annotations

import numpy as np
import pandas as pd

from simulation.block import Block
from simulation.channels.commerce.baskets import fill_baskets
from simulation.channels.commerce.marketplace import emit_marketplace
from simulation.channels.commerce.placing import SHOP_METHODS, place_orders
from simulation.channels.commerce.points import keep_points
from simulation.channels.commerce.returns import emit_returns
from simulation.channels.commerce.shop import emit_shop
from simulation.channels.commerce.till import emit_receipts
from simulation.channels.customers.records import SECONDS

SOURCES = {"store": "pos/receipts", "marketplace": "marketplace/orders"} | dict.fromkeys(
    SHOP_METHODS, "shop/orders"
)
FACTS = [
    "touch_id", "occasion_id", "person", "method", "day", "placed_at", "delivered_at",
    "delay_days", "is_canceled", "customer_id", "loyalty_id", "store", "currency", "gross_amount",
    "discount_amount", "tax_amount", "net_amount", "net_eur", "campaign", "campaign_id",
    "offer_id", "offer_discount_amount",
]  # fmt: skip


def simulate(block: Block) -> None:
    """Leave `orders`, `order_lines` and `returns`.

    orders: one row per order or receipt, canceled ones too (`touch_id` is its number in its
    source; store an index or -1; delivered_at NaT in stores and for canceled orders; net_amount in
    the currency of the order, net_eur in euros). order_lines: touch_id, person, line_number,
    product (index), quantity, net_amount. returns: return_id, touch_id, person, product (index),
    reason (the true one), at, day, refunded_at.
    """
    orders = place_orders(block)
    lines = fill_baskets(block, orders)
    orders = _with_totals(orders, lines)
    emit_shop(block, orders, lines)
    emit_receipts(block, orders, lines)
    emit_marketplace(block, orders, lines)
    returns = emit_returns(block, orders, lines)
    keep_points(block, orders, returns)
    _leave(block, orders, lines, returns)


def _with_totals(orders: pd.DataFrame, lines: pd.DataFrame) -> pd.DataFrame:
    """Orders with the sums of their lines; all money in hundredths of the currency."""
    names = ["gross", "discount", "tax", "offer_discount"]
    totals = lines.groupby("order")[names].sum().reindex(orders.index, fill_value=0)
    orders = orders.join(totals)
    orders["net"] = orders["gross"] - orders["discount"] - orders["tax"]
    free = orders["gross"] - orders["discount"] >= orders["free_shipping_from"]
    orders["shipping"] = orders["shipping"].where(~free, 0)
    return orders


def _leave(block: Block, orders: pd.DataFrame, lines: pd.DataFrame, returns: pd.DataFrame) -> None:
    money = {f"{name}_amount": orders[name] / 100 for name in
             ("gross", "discount", "tax", "net", "offer_discount")}  # fmt: skip
    known = orders.assign(
        **money,
        net_eur=orders["net"] / 100 * orders["euro_rate"],
        placed_at=block.at(0, orders["placed"]),
        delivered_at=pd.Series(block.at(0, orders["delivered"])).where(orders["is_delivered"]),
    )
    block.facts["orders"] = known[FACTS]
    block.facts["order_lines"] = lines.assign(
        touch_id=orders["touch_id"].to_numpy(dtype=object)[lines["order"]],
        person=orders["person"].to_numpy()[lines["order"]],
        net_amount=(lines["gross"] - lines["discount"] - lines["tax"]) / 100,
    )[["touch_id", "person", "line_number", "product", "quantity", "net_amount"]]
    block.facts["returns"] = returns.drop(columns="refunded")
    record = pd.DataFrame({"person": orders["person"], "source": orders["method"].map(SOURCES)})
    block.truth("records", record.assign(record_key=orders["touch_id"]), day=orders["day"])
    _tell_orders(block, known)
    _tell_revenue(block, orders)


def _tell_orders(block: Block, known: pd.DataFrame) -> None:
    """Who ordered what for how much, and when it came; in euros, canceled ones too."""
    told = known[
        ["person", "method", "placed_at", "delivered_at", "is_canceled", "net_eur"]
    ].assign(order_id=known["touch_id"], gross_eur=known["gross_amount"] * known["euro_rate"])
    block.truth("orders", told, day=known["day"])


def _tell_revenue(block: Block, orders: pd.DataFrame) -> None:
    """What the company truly earned, movement by movement; returns add theirs."""
    sold = orders[["touch_id", "method", "currency", "net", "day"]].assign(kind="sold")
    gone = orders["is_canceled"].to_numpy(dtype=bool)
    canceled = sold[gone].assign(kind="canceled", net=-sold["net"][gone])
    ends = np.where(orders["method"] == "store", orders["placed"], orders["canceled"])
    canceled["day"] = ends[gone] // SECONDS
    moved = pd.concat([sold, canceled], ignore_index=True)
    moved["net_amount"] = moved.pop("net") / 100
    block.truth("revenue", moved.drop(columns="day"), day=moved["day"])
