"""Who may be addressed, who is chosen, who is kept out at random, and the true effect on each."""

from __future__ import annotations

import numpy as np
import pandas as pd

from simulation.block import Block
from simulation.channels.arrays import Bools, Floats, uniform
from simulation.channels.identifiers import has_consent
from simulation.channels.marketing.plan import ALL_KINDS, Kind

LAPSED_DAYS = 120
APP_USERS_FROM = 0.3
VALUABLE_SPEND = 0.1
BIRTHDAY_DAYS = 30
# An address that has always been wrong; the sender learns it from each bounce anew.
DEAD_ADDRESS_SHARE = 0.015
EFFECT_SPREAD, EFFECT_DAYS = 0.45, 7
PURPOSES = {"email": "marketing_email", "push": "marketing_email", "sms": "marketing_sms",
            "post": "marketing_post"}  # fmt: skip
UNSUBSCRIBED, LAST_ORDER = "marketing.unsubscribed", "marketing.last_order"
NEVER = -10_000
DIGITAL = ("email", "push")


def choose_people(block: Block, campaigns: pd.DataFrame) -> pd.DataFrame:
    """Everyone who can be addressed: campaign, person, day, chosen, is_holdout, uplift."""
    rng = block.rng("marketing.choosing")
    reach = _Reach(block)
    parts = [
        _eligible(block, reach, rng, number, ALL_KINDS[kind], day)
        for number, (kind, day) in enumerate(zip(campaigns["kind"], campaigns["day"], strict=True))
        if kind in ALL_KINDS
    ]
    return pd.concat(parts, ignore_index=True)


def tell_effects(block: Block, campaigns: pd.DataFrame, everyone: pd.DataFrame) -> None:
    """The true uplift of all who could be addressed, chosen or not, to truth/campaign_effects."""
    channel = campaigns["channel"].to_numpy()[everyone["campaign"]]
    reached = everyone[~is_suppressed(block, everyone, channel)]
    # What a block's last messages would cause in the next one does not come about.
    lasting = np.clip((block.end_day - reached["day"].to_numpy()) / EFFECT_DAYS, 0, 1)
    truth = reached[["person", "chosen", "is_holdout"]].assign(
        campaign_id=campaigns["campaign_id"].to_numpy()[reached["campaign"]],
        uplift=reached["uplift"].to_numpy() * lasting,
    )
    block.truth("campaign_effects", truth, day=reached["day"].to_numpy())


class _Reach:
    """What the marketing department knows of everyone, once per block."""

    def __init__(self, block: Block) -> None:
        self.people = block.people.frame
        self.has_app = self.people["app_share"].to_numpy() > APP_USERS_FROM
        self.unsubscribed = unsubscribed_days(block)
        self.last_order = last_order_days(block)
        born = block.people.column("birth_date").astype("datetime64[D]")
        self.birthday = (born - born.astype("datetime64[Y]").astype("datetime64[D]")).astype(int)


def _is_reachable(block: Block, reach: _Reach, channel: str, day: int) -> Bools:
    """Whether each person has agreed to a channel and has not unsubscribed."""
    agreed = has_consent(block, PURPOSES[channel], day)
    if channel in DIGITAL:
        agreed &= reach.unsubscribed >= day
    return agreed & reach.has_app if channel == "push" else agreed


def _eligible(
    block: Block, reach: _Reach, rng: np.random.Generator, campaign: int, kind: Kind, day: int
) -> pd.DataFrame:
    """Everyone whom the campaign could address, chosen or not."""
    fits = _is_reachable(block, reach, kind.channel, day) & _is_target(block, reach, kind, day)
    person = np.flatnonzero(fits)
    chosen = rng.random(len(person)) < kind.chosen_share
    return pd.DataFrame(
        {
            "campaign": campaign,
            "person": person,
            "day": day,
            "chosen": chosen,
            "is_holdout": chosen & (rng.random(len(person)) < kind.holdout_share),
            "uplift": true_uplift(block, kind, person, day, rng),
        }
    )


def _is_target(block: Block, reach: _Reach, kind: Kind, day: int) -> Bools:
    if kind.name == "win-back":
        bought = reach.last_order > NEVER
        return bought & (day - reach.last_order > LAPSED_DAYS)
    if kind.name == "birthday":
        date = np.datetime64(block.settings.date_of(day))
        today = int((date - date.astype("datetime64[Y]").astype("datetime64[D]")).astype(int))
        target: Bools = (reach.birthday - today) % 366 < BIRTHDAY_DAYS
        return target
    if kind.name == "catalogue":
        valuable: Bools = reach.people["log_spend"].to_numpy() > VALUABLE_SPEND
        return valuable
    return np.ones(len(reach.people), dtype=bool)


def true_uplift(
    block: Block, kind: Kind, person: np.ndarray, day: int, rng: np.random.Generator
) -> Floats:
    """What a message of this kind adds to the probability that the person buys within a week.

    It grows with the attribute that the kind appeals to, differs by person for reasons that nobody
    knows, wears off for those who would buy anyway, and is nil for those who are gone.
    """
    people = block.people.frame.iloc[person]
    appeal = people[kind.appeal].to_numpy()
    appeal = 2 * appeal if kind.appeal == "price_sensitivity" else np.exp(0.5 * appeal - 0.125)
    peculiar = rng.gamma(1 / EFFECT_SPREAD**2, EFFECT_SPREAD**2, len(person))
    wears_off = 1 / (1 + 12 * people["daily_rate"].to_numpy())
    is_there = (people["dropout_day"].to_numpy() >= day) & ~people["is_prospect"].to_numpy()
    is_reached = ~has_dead_address(block, person) if kind.channel == "email" else True
    uplift = block.settings.preset.signal * kind.uplift * appeal * peculiar * wears_off
    return np.where(is_there & is_reached, np.clip(uplift, 0.0, 0.5), 0.0)


def has_dead_address(block: Block, person: np.ndarray) -> Bools:
    """Whether mail to the person always bounces."""
    return uniform(block.settings.seed, person, 71) < DEAD_ADDRESS_SHARE


def is_suppressed(block: Block, rows: pd.DataFrame, channel: np.ndarray) -> Bools:
    """Whether a person had unsubscribed before the day: that holds for all messages on screens."""
    left = unsubscribed_days(block)[rows["person"].to_numpy()]
    suppressed: Bools = (rows["day"].to_numpy() > left) & np.isin(channel.astype(str), DIGITAL)
    return suppressed


def unsubscribed_days(block: Block) -> Floats:
    """Day on which each person unsubscribed from e-mail; infinite for those who did not."""
    return _grown(block, UNSUBSCRIBED, np.inf)


def last_order_days(block: Block) -> Floats:
    """Day of each person's last order before the block; NEVER for those without."""
    return _grown(block, LAST_ORDER, NEVER)


def _grown(block: Block, name: str, missing: float) -> Floats:
    """What is remembered per person, with an entry for those who have joined since."""
    known = block.memory.get(name, np.empty(0))
    grown: Floats = np.concatenate([known, np.full(len(block.people) - len(known), missing)])
    block.memory[name] = grown
    return grown
