"""What is known of marketing afterwards: touches, what advertising cost, redeemed offers."""

from __future__ import annotations

import numpy as np

from simulation.block import Block
from simulation.channels.attribution.advertising import bill_advertising
from simulation.channels.attribution.redemptions import redeem_offers
from simulation.channels.attribution.touches import record_touches
from simulation.channels.marketing.choosing import LAST_ORDER, last_order_days


def simulate(block: Block) -> None:
    """Write what followed from the block's campaigns; reads `orders`, `visits`, `open_offers`."""
    touches = record_touches(block)
    bill_advertising(block, touches)
    redeem_offers(block)
    _remember_orders(block)


def _remember_orders(block: Block) -> None:
    """The next block's campaigns know when each person bought last."""
    orders = block.facts["orders"]
    last = last_order_days(block)
    latest = orders[orders["person"] >= 0].groupby("person")["day"].max()
    person = latest.index.to_numpy()
    last[person] = np.maximum(last[person], latest.to_numpy())
    block.memory[LAST_ORDER] = last
