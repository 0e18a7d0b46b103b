"""Offers that come with campaigns: seen, declined, or left to expire."""

from __future__ import annotations

import numpy as np
import pandas as pd

from simulation.block import Block
from simulation.channels.identifiers import identifiers_of

VALID_DAYS = 14
SEEN_UNASKED_SHARE = 0.15
DECLINED_SHARE = 0.12
OPEN = "marketing.open_offers"


def make_offers(block: Block, campaigns: pd.DataFrame, sent: pd.DataFrame) -> None:
    """Write an offer per account that was sent a campaign with a discount; leaves `open_offers`."""
    rng = block.rng("marketing.offers")
    share = campaigns["discount_share"].to_numpy()[sent["campaign"]]
    offers = sent[(share > 0) & sent["delivered"].notna().to_numpy()].reset_index(drop=True)
    known = identifiers_of(block, offers["person"].to_numpy(), offers["sent"].to_numpy())
    offers = offers.assign(customer_id=known["customer_id"])
    offers = offers[known["customer_id"].notna()].reset_index(drop=True)
    offers = _with_fate(campaigns, offers, rng)
    _emit(block, offers)
    opened = offers[["offer_id", "campaign_id", "person", "discount_share", "sent", "expires"]]
    opened = opened.assign(expires=offers["declined"].fillna(offers["expires"]))
    still = block.memory.get(OPEN, opened.iloc[:0])
    block.facts["open_offers"] = pd.concat([still, opened], ignore_index=True)
    block.memory[OPEN] = opened[opened["expires"] > block.end_day]


def _with_fate(
    campaigns: pd.DataFrame, offers: pd.DataFrame, rng: np.random.Generator
) -> pd.DataFrame:
    """Who opened the message has seen the offer, some others see it in the shop or the app."""
    count = len(offers)
    number = offers["campaign"].to_numpy()
    campaign_id = campaigns["campaign_id"].to_numpy()[number]
    unasked = offers["delivered"] + rng.uniform(0.05, VALID_DAYS - 2, count)
    unasked = unasked.where(rng.random(count) < SEEN_UNASKED_SHARE)
    seen = offers["opened"].fillna(unasked)
    declines = seen.notna() & (rng.random(count) < DECLINED_SHARE)
    return offers.assign(
        offer_id="O" + pd.Series(campaign_id, dtype=object).str[1:],
        campaign_id=campaign_id,
        category=campaigns["category"].to_numpy()[number],
        discount_share=campaigns["discount_share"].to_numpy()[number],
        seen=seen,
        declined=(seen + rng.exponential(0.3, count)).where(declines),
        expires=np.floor(offers["sent"]) + VALID_DAYS,
    )


def _emit(block: Block, offers: pd.DataFrame) -> None:
    """As made, and again when it is seen or declined."""
    rows = offers[["offer_id", "customer_id", "campaign_id", "category", "discount_share"]].assign(
        sent_at=block.at(offers["sent"]),
        expires_at=block.at(offers["expires"]),
        updated_at=block.at(offers["sent"]),
    )
    block.emit("marketing/offers", rows, day=offers["day"].to_numpy())
    seen = offers["seen"].notna().to_numpy()
    last = offers["declined"].fillna(offers["seen"])[seen]
    declined = offers["declined"].notna().to_numpy()[seen]
    later = rows[seen].assign(
        seen_at=block.at(offers["seen"][seen]),
        declined_at=np.where(declined, block.at(last), np.datetime64("NaT", "us")),
        updated_at=block.at(last),
    )
    block.emit("marketing/offers", later, day=np.floor(last).astype(np.int64))
