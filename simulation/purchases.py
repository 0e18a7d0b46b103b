"""When people buy: a rate that differs by person and season, until the person drops out."""

from __future__ import annotations

import numpy as np
import pandas as pd

from simulation.block import Block

SUMMER_DIP, WINTER_PEAK = 0.15, 0.35
WEEKDAY_WEIGHTS = np.array([0.85, 0.85, 0.9, 1.0, 1.2, 1.35, 0.85])
METHODS = ("store", "web", "app", "marketplace", "phone")
LATE_SHARE = 0.1
STANDARD_DELIVERY_DAYS = 3


def season(block: Block) -> np.ndarray:
    """Relative demand of each day of the block: summer dip, December peak, weekly rhythm."""
    dates = block.date(np.arange(block.first_day, block.end_day))
    day_of_year = (dates - dates.astype("datetime64[Y]")).astype(int)
    yearly = 1 - SUMMER_DIP * np.exp(-(((day_of_year - 213) / 35) ** 2))
    yearly += WINTER_PEAK * np.exp(-(((day_of_year - 345) / 14) ** 2))
    weekday = (dates.astype("datetime64[D]").astype(int) + 3) % 7
    weights: np.ndarray = yearly * WEEKDAY_WEIGHTS[weekday]
    return weights


def simulate(block: Block) -> None:
    """Leave `occasions`: person, day, second, occasion_id, method, basket_lines, spend (EUR),
    campaign (index of block.facts["campaigns"] that caused it, or -1), is_canceled, delay_days
    (float; days after the promise, below 0 early, NaN in a store), price_ok and stock_ok (0 to 1).
    """
    rng = block.rng("purchases")
    own = _own_occasions(block, rng)
    caused = _caused_occasions(block, rng)
    person, day, campaign = (np.concatenate(pair) for pair in zip(own, caused, strict=True))
    order = np.lexsort((person, day))
    person, day, campaign = person[order], day[order], campaign[order]
    occasions = _details(block, person, day, campaign, rng)
    block.facts["occasions"] = occasions
    hidden = ["occasion_id", "person", "day", "method", "campaign_id", "delay_days"]
    block.truth("occasions", occasions[hidden], day=day)


def _own_occasions(
    block: Block, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Poisson counts over the days in which each person is active, then a day for each."""
    people = block.people.frame
    weights = np.concatenate([[0.0], np.cumsum(season(block))])
    starts = np.clip(people["joined_day"], block.first_day, block.end_day) - block.first_day
    ends = np.clip(people["dropout_day"] + 1, block.first_day, block.end_day) - block.first_day
    begin, end = weights[starts.to_numpy()], weights[np.maximum(starts, ends).to_numpy()]
    rate = people["daily_rate"].to_numpy() * ~people["is_prospect"].to_numpy()
    counts = rng.poisson(rate * (end - begin))
    person = np.repeat(np.arange(len(people)), counts)
    mass = begin[person] + rng.random(len(person)) * (end - begin)[person]
    day = block.first_day + np.searchsorted(weights, mass, side="right") - 1
    return person, day.astype(np.int64), np.full(len(person), -1)


def _caused_occasions(
    block: Block, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Purchases that a campaign causes: with probability `uplift`, within a week of its day."""
    pushes = block.facts.get("campaign_pushes", pd.DataFrame())
    if pushes.empty:
        nobody = np.empty(0, dtype=np.int64)
        return nobody, nobody, nobody
    happens = rng.random(len(pushes)) < pushes["uplift"].to_numpy()
    after = rng.integers(0, 7, len(pushes))
    day = pushes["day"].to_numpy() + after
    people = block.people.frame
    person = pushes["person"].to_numpy()
    is_active = (day <= people["dropout_day"].to_numpy()[person]) & (day < block.end_day)
    is_active &= ~people["is_prospect"].to_numpy()[person]
    chosen = happens & is_active
    return person[chosen], day[chosen], pushes["campaign"].to_numpy()[chosen]


def _details(
    block: Block,
    person: np.ndarray,
    day: np.ndarray,
    campaign: np.ndarray,
    rng: np.random.Generator,
) -> pd.DataFrame:
    people = block.people.frame.iloc[person]
    count = len(person)
    method = _methods(people, rng)
    in_store = method == "store"
    spend = np.exp(4.1 + people["log_spend"].to_numpy() + rng.normal(0, 0.45, count))
    is_late = rng.random(count) < LATE_SHARE
    delay = np.where(is_late, 1 + rng.exponential(3.0, count), -rng.exponential(0.7, count))
    ids = _campaign_ids(block)
    return pd.DataFrame(
        {
            "occasion_id": block.ids("K", count),
            "person": person,
            "day": day,
            "second": _seconds(method, rng),
            "method": method,
            "basket_lines": 1 + rng.poisson(1.1, count),
            "spend": spend,
            "campaign": campaign,
            "campaign_id": np.where(campaign >= 0, ids[campaign], None),
            "is_canceled": ~in_store & (rng.random(count) < 0.025),
            "delay_days": np.where(in_store, np.nan, delay),
            "price_ok": rng.beta(3.0, 1 + 2 * people["price_sensitivity"].to_numpy()),
            "stock_ok": rng.beta(6.0, 1.2, count),
        }
    )


def _campaign_ids(block: Block) -> np.ndarray:
    campaigns = block.facts.get("campaigns", pd.DataFrame({"campaign_id": []}))
    ids: np.ndarray = np.concatenate([campaigns["campaign_id"].to_numpy(dtype=object), [None]])
    return ids


def _methods(people: pd.DataFrame, rng: np.random.Generator) -> np.ndarray:
    count = len(people)
    is_online = rng.random(count) < people["online_share"].to_numpy()
    is_online &= people["has_account"].to_numpy() | (rng.random(count) < 0.3)
    draw = rng.random(count)
    online = np.where(rng.random(count) < people["app_share"].to_numpy() * 0.7, "app", "web")
    online = np.where(draw < 0.08, "marketplace", np.where(draw > 0.97, "phone", online))
    return np.where(is_online, online, "store").astype(object)


def _seconds(method: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Whole seconds of the day: shops and telephones from 9 to 20, online mostly evenings."""
    count = len(method)
    by_day = _folded(rng.normal(14.5, 2.6, count), 9.1, 19.9)
    online = _folded(rng.normal(17.5, 4.2, count), 0.1, 23.9)
    is_by_day = (method == "store") | (method == "phone")
    seconds: np.ndarray = np.floor(np.where(is_by_day, by_day, online) * 3600)
    return seconds


def _folded(hours: np.ndarray, least: float, greatest: float) -> np.ndarray:
    """Hours beyond a bound mirrored at it, so that none piles up there."""
    folded = greatest - np.abs(greatest - (least + np.abs(hours - least)))
    clipped: np.ndarray = np.clip(folded, least, greatest)
    return clipped
