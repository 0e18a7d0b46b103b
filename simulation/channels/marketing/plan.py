"""Which campaigns a quarter brings: the rhythm of messages, and advertising that runs all along."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from simulation.block import Block
from simulation.channels.arrays import Objects
from simulation.channels.blanks import known
from simulation.settings import BLOCK_DAYS


class Kind(NamedTuple):
    """A kind of campaign that sends messages.

    `uplift` is the mean true effect on the probability of a purchase within a week, `appeal` the
    attribute of people that scales it, `cost` the price of one message in euros.
    """

    name: str
    channel: str
    first_day: int
    every_days: int
    chosen_share: float
    holdout_share: float
    uplift: float
    appeal: str
    discount_share: float
    cost: float


KINDS = (
    Kind("newsletter", "email", 2, 14, 0.9, 0.05, 0.012, "value_novelty", 0.0, 0.002),
    Kind("category promotion", "email", 9, 14, 0.45, 0.1, 0.045, "price_sensitivity", 0.15, 0.002),
    Kind("win-back", "email", 12, 28, 0.7, 0.2, 0.05, "price_sensitivity", 0.2, 0.002),
    Kind("birthday", "email", 5, 30, 1.0, 0.1, 0.08, "value_quality", 0.15, 0.002),
    Kind("app news", "push", 4, 7, 0.3, 0.1, 0.018, "value_convenience", 0.0, 0.001),
    Kind("flash sale", "sms", 20, 35, 0.4, 0.15, 0.045, "price_sensitivity", 0.2, 0.06),
    Kind("catalogue", "post", 30, BLOCK_DAYS, 0.3, 0.2, 0.07, "value_quality", 0.0, 0.85),
)
SALE = Kind("seasonal sale", "email", 0, 0, 0.9, 0.1, 0.07, "price_sensitivity", 0.25, 0.002)
# Month and day on which a seasonal sale begins.
SALE_DATES = ((1, 2), (7, 1), (11, 25))
ALL_KINDS = {kind.name: kind for kind in (*KINDS, SALE)}


class Advertising(NamedTuple):
    """Advertising on a platform: its spend a day per 1,000 customers and what a click costs."""

    name: str
    platform: str
    touch_channel: str
    source: str
    medium: str
    daily_spend: float
    click_cost: float
    click_rate: float


ADVERTISING = (
    Advertising("brand search", "search_ads", "paid_search", "google", "cpc", 2.0, 0.35, 0.05),
    Advertising("partners", "affiliates", "affiliate", "partner", "affiliate", 1.0, 0.4, 0.02),
    Advertising("prospecting", "social_ads", "paid_social", "facebook", "social", 2.5, 0.6, 0.011),
    Advertising("retargeting", "ad_network", "display", "display", "display", 1.5, 0.5, 0.003),
)  # fmt: skip


def plan_campaigns(block: Block) -> pd.DataFrame:
    """The block's campaigns in order of their days, advertising last, and their first records.

    Columns: campaign_id, name, kind, channel, day, end_day, category, discount_share,
    holdout_share, platform (None for messages).
    """
    calendar = sorted(_calendar(block), key=lambda entry: entry[1])
    messages = [_row(block, kind, day) for kind, day in calendar]
    advertising = [_advertising_row(block, item) for item in ADVERTISING]
    campaigns = pd.DataFrame(messages + advertising)
    campaigns.insert(0, "campaign_id", block.ids("C", len(campaigns)))
    campaigns["category"] = _categories(block, campaigns)
    _emit_start(block, campaigns)
    return campaigns


def _calendar(block: Block) -> list[tuple[Kind, int]]:
    planned = [
        (kind, day)
        for kind in KINDS
        for day in range(block.first_day + kind.first_day, block.end_day, kind.every_days)
    ]
    starts = [
        (SALE, day)
        for day in range(block.first_day, block.end_day)
        if (block.settings.date_of(day).month, block.settings.date_of(day).day) in SALE_DATES
    ]
    return planned + starts


def _row(block: Block, kind: Kind, day: int) -> dict[str, object]:
    return {
        "name": f"{kind.name} {block.settings.date_of(day):%Y-%m-%d}",
        "kind": kind.name,
        "channel": kind.channel,
        "day": day,
        "end_day": day + 14 if kind.discount_share else day,
        "discount_share": kind.discount_share,
        "holdout_share": kind.holdout_share,
        "platform": None,
    }


def _advertising_row(block: Block, item: Advertising) -> dict[str, object]:
    return {
        "name": f"{item.name} {block.settings.date_of(block.first_day):%Y-%m-%d}",
        "kind": item.name,
        "channel": item.touch_channel,
        "day": block.first_day,
        "end_day": block.end_day - 1,
        "discount_share": 0.0,
        "holdout_share": np.nan,
        "platform": item.platform,
    }


def _categories(block: Block, campaigns: pd.DataFrame) -> Objects:
    """The category that a promotion is for; others are for the whole range."""
    drawn = block.rng("marketing.plan").choice(
        block.reference.products["category"].unique(), len(campaigns)
    )
    return known(campaigns["kind"] == "category promotion", drawn)


def _emit_start(block: Block, campaigns: pd.DataFrame) -> None:
    rows = campaign_rows(block, campaigns)
    block.emit("marketing/campaigns", rows, day=campaigns["day"].to_numpy())


def campaign_rows(block: Block, campaigns: pd.DataFrame) -> pd.DataFrame:
    """Campaigns as marketing's system exports them, without their cost."""
    rows = campaigns[["campaign_id", "name", "channel", "holdout_share"]].assign(
        campaign_type=campaigns["kind"],
        start_date=block.at(campaigns["day"]),
        end_date=block.at(campaigns["end_day"]),
        currency="EUR",
    )
    return rows
