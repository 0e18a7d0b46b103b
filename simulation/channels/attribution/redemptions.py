"""Offers redeemed on the block's orders, as the offers' own system sees them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from simulation.block import Block


def redeem_offers(block: Block) -> None:
    """Write a redemption for each order that used an offer and was not canceled."""
    orders = block.facts["orders"]
    used = orders[orders["offer_id"].notna() & ~orders["is_canceled"].astype(bool)]
    offers = block.facts["open_offers"].drop_duplicates("offer_id").set_index("offer_id")
    rows = {
        "redemption_id": block.ids("OR", len(used)),
        "offer_id": used["offer_id"].to_numpy(dtype=object),
        "campaign_id": offers["campaign_id"].reindex(used["offer_id"]).to_numpy(dtype=object),
        "customer_id": used["customer_id"].to_numpy(dtype=object),
        "loyalty_id": used["loyalty_id"].to_numpy(dtype=object),
        "order_id": used["touch_id"].to_numpy(dtype=object),
        "redeemed_at": used["placed_at"].to_numpy(),
        "redeemed_amount": np.round(used["offer_discount_amount"].to_numpy(dtype=float), 2),
        "currency": used["currency"].to_numpy(dtype=object),
    }
    block.emit("marketing/offer_redemptions", pd.DataFrame(rows), day=used["day"].to_numpy())
