"""Orders on marketplaces: no account, no card, often an alias instead of the buyer's address."""

from __future__ import annotations

import numpy as np
import pandas as pd

from simulation.block import Block
from simulation.channels.arrays import mixed, numbered, pick
from simulation.channels.blanks import known
from simulation.channels.commerce.baskets import line_columns
from simulation.channels.customers.records import SECONDS

MARKETPLACES, WEIGHTS, COMMISSIONS = ("bazario", "todomarket"), (0.65, 0.35), (0.15, 0.12)
OWN_ADDRESS_SHARE, ADDRESS_SHARE = 0.35, 0.9


def emit_marketplace(block: Block, orders: pd.DataFrame, lines: pd.DataFrame) -> None:
    """Every version of each order, and its lines as placed."""
    rng = block.rng("commerce.marketplace")
    is_own = (orders["method"] == "marketplace").to_numpy()
    own = orders[is_own]
    header = _headers(block, own, rng)
    stays, goes = own["is_delivered"].to_numpy(), own["is_canceled"].to_numpy()
    for status, column, chosen in (
        ("created", "placed", np.full(len(own), True)),
        ("shipped", "shipped", stays),
        ("delivered", "delivered", stays),
        ("canceled", "canceled", goes),
    ):
        moment = own[column].to_numpy()
        version = header.assign(status=status, updated_at=block.at(0, moment))
        block.emit("marketplace/orders", version[chosen], day=moment[chosen] // SECONDS)
    kept = lines[is_own[lines["order"]]]
    rows = line_columns(block, kept).assign(
        order_id=orders["touch_id"].to_numpy(dtype=object)[kept["order"]]
    )
    block.emit("marketplace/order_lines", rows, day=orders["day"].to_numpy()[kept["order"]])


def _headers(block: Block, own: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    count = len(own)
    place = pick(rng, WEIGHTS, count)
    alias = numbered("buyer-", mixed(block.settings.seed, own["person"], place, 41) % 10**10)
    is_own = rng.random(count) < OWN_ADDRESS_SHARE
    email = np.where(is_own, own["email"], alias + "@relay.example")
    amounts = ("gross", "discount", "tax", "shipping")
    commission = np.rint((own["gross"] - own["discount"]) * np.array(COMMISSIONS)[place])
    return own[["currency"]].assign(
        order_id=own["touch_id"],
        marketplace=np.array(MARKETPLACES, dtype=object)[place],
        email=known(rng.random(count) < ADDRESS_SHARE, email),
        ordered_at=block.at(0, own["placed"]),
        **{f"{name}_amount": own[name] / 100 for name in amounts},
        commission_amount=commission / 100,
    )
