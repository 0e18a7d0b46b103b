"""What advertising cost day by day, and the conversions that platforms claim for themselves."""

from __future__ import annotations

import numpy as np
import pandas as pd

from simulation.block import Block
from simulation.channels.marketing.plan import ADVERTISING, Advertising, campaign_rows

WINDOW_DAYS = 7
DAYS_ON_LINE = 100_000
# A platform counts views, other devices and orders that another platform counts too.
CLAIMED_PER_CLICK_ORDER, CLAIMED_PER_VIEW_ORDER = 2.2, 0.6
CORRECTED_AFTER_DAYS = 3
KNOWN_AT_FIRST_SHARE = 0.8
DAILY_SPREAD = 0.18


def bill_advertising(block: Block, touches: pd.DataFrame) -> None:
    """Write a row per day and platform, first as known then and three days later corrected."""
    rng = block.rng("attribution.advertising")
    is_click = touches["is_click"].to_numpy(dtype=bool)
    clicked, viewed = (_orders_after(block, touches[chosen]) for chosen in (is_click, ~is_click))
    costs = pd.concat([_daily(block, item, rng) for item in ADVERTISING], ignore_index=True)
    for name, orders in (("after_click", clicked), ("after_view", viewed)):
        index = pd.MultiIndex.from_frame(costs[["touch_channel", "day"]])
        costs[name] = orders.reindex(index, fill_value=0).to_numpy()
    costs["claimed"] = rng.poisson(
        CLAIMED_PER_CLICK_ORDER * costs["after_click"]
        + CLAIMED_PER_VIEW_ORDER * costs["after_view"]
    )
    _emit(block, costs, rng)
    _emit_campaign_costs(block, costs)


def _daily(block: Block, item: Advertising, rng: np.random.Generator) -> pd.DataFrame:
    """What a platform bills for each day: it grows with the number of customers."""
    campaigns = block.facts["campaigns"]
    days = np.arange(block.first_day, block.end_day)
    people = np.array([block.settings.people_by(int(day)) for day in days])
    cost = item.daily_spend * people / 1000 * rng.lognormal(0, DAILY_SPREAD, len(days))
    clicks = rng.poisson(cost / item.click_cost)
    return pd.DataFrame(
        {
            "day": days,
            "platform": item.platform,
            "touch_channel": item.touch_channel,
            "campaign_id": campaigns.loc[
                campaigns["platform"] == item.platform, "campaign_id"
            ].item(),
            "impressions": clicks + rng.poisson(cost / item.click_cost / item.click_rate),
            "clicks": clicks,
            "cost_amount": np.round(cost, 2),
        }
    )


def _orders_after(block: Block, touches: pd.DataFrame) -> pd.Series:
    """By channel and day, the orders of people who had touched its ads within the week before."""
    orders = block.facts["orders"]
    orders = orders[(orders["person"] >= 0).to_numpy()]
    # Person and day on one line, so that one search finds the next order after each touch.
    line = np.sort(orders["person"].to_numpy() * DAYS_ON_LINE + orders["day"].to_numpy())
    key = touches["person"].to_numpy() * DAYS_ON_LINE + touches["day"].to_numpy()
    found = np.append(line, -1)[np.searchsorted(line, key)]
    is_after = (found >= key) & (found - key <= WINDOW_DAYS)
    hits = touches[is_after].assign(order=found[is_after], order_day=found[is_after] % DAYS_ON_LINE)
    hits = hits.drop_duplicates(["touch_channel", "order"])
    counts: pd.Series = hits.groupby(["touch_channel", "order_day"]).size()
    return counts


def _emit(block: Block, costs: pd.DataFrame, rng: np.random.Generator) -> None:
    day = costs["day"].to_numpy()
    columns = ["platform", "campaign_id", "impressions", "clicks", "cost_amount"]
    rows = costs[columns].assign(cost_date=block.at(day), currency="EUR")
    first = rows.assign(
        platform_conversions=rng.binomial(costs["claimed"], KNOWN_AT_FIRST_SHARE).astype(float),
        updated_at=block.at(day + 1, 4 * 3600),
    )
    block.emit("marketing/ad_costs", first, day=day + 1)
    last = rows.assign(
        platform_conversions=costs["claimed"].astype(float),
        updated_at=block.at(day + CORRECTED_AFTER_DAYS, 4 * 3600),
    )
    block.emit("marketing/ad_costs", last, day=day + CORRECTED_AFTER_DAYS)
    claims = costs[["platform", "campaign_id", "after_click", "after_view", "claimed"]]
    block.truth("ad_conversions", claims, day=day)


def _emit_campaign_costs(block: Block, costs: pd.DataFrame) -> None:
    """Advertising campaigns once more, with what they cost in all."""
    campaigns = block.facts["campaigns"].dropna(subset=["platform"]).reset_index(drop=True)
    total = costs.groupby("campaign_id")["cost_amount"].sum()
    rows = campaign_rows(block, campaigns)
    rows["cost_amount"] = total.reindex(campaigns["campaign_id"]).round(2).to_numpy()
    block.emit("marketing/campaigns", rows, day=campaigns["end_day"].to_numpy() + 1)
