"""Marketing touches as a measuring tool records them: clicks that led to visits, and views."""

from __future__ import annotations

import numpy as np
import pandas as pd

from simulation.block import Block
from simulation.channels.arrays import Objects, lookup, pick
from simulation.channels.blanks import known
from simulation.channels.identifiers import identifiers_of
from simulation.channels.marketing.plan import ADVERTISING
from simulation.channels.visitors import preferred_device, visitors_of

# utm_medium of a visit: the tool's name for the channel.
CHANNELS = {
    "cpc": "paid_search",
    "email": "email",
    "social": "paid_social",
    "affiliate": "affiliate",
    "display": "display",
    "organic": "organic_search",
    "referral": "referral",
}
MEASURED_SHARE = 0.85
LOGIN_SHARE = 0.35
COLUMNS = [
    "person", "visitor_id", "at", "touch_channel", "source", "medium", "campaign_id", "is_click",
]  # fmt: skip
VIEWS_PER_CLICK = 0.5
VIEWING = {"display": 0.55, "paid_social": 0.45}


def record_touches(block: Block) -> pd.DataFrame:
    """Write touches and leave them: person, day, at, touch_channel, is_click, campaign_id."""
    rng = block.rng("attribution.touches")
    clicks = _clicks(block, rng)
    touches = pd.concat([clicks, _views(block, clicks, rng)], ignore_index=True)
    touches["campaign_id"] = touches["campaign_id"].where(
        touches["campaign_id"].notna(), _ad_campaigns(block, touches)
    )
    touches = touches.sort_values(["at", "person"], kind="stable", ignore_index=True)
    moment = (touches["at"].to_numpy() - block.settings.midnight).astype(np.int64) / 86_400e6
    touches["day"] = np.floor(moment).astype(np.int64)
    _emit(block, touches, moment, rng)
    return touches


def _clicks(block: Block, rng: np.random.Generator) -> pd.DataFrame:
    """The visits of known people that came from elsewhere and may be measured."""
    visits = block.facts["visits"]
    visits = visits[((visits["channel"] == "website") & (visits["person"] >= 0)).to_numpy()]
    visits = visits[rng.random(len(visits)) < MEASURED_SHARE].reset_index(drop=True)
    touch_channel = visits["medium"].map(CHANNELS)
    clicks = visits.assign(touch_channel=touch_channel, is_click=True, at=visits["start"])
    return clicks.loc[touch_channel.notna().to_numpy(), COLUMNS].reset_index(drop=True)


def _views(block: Block, clicks: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Ads seen without a click, in the days around visits."""
    seen = clicks[rng.random(len(clicks)) < VIEWS_PER_CLICK].reset_index(drop=True)
    channel = np.array(list(VIEWING), dtype=object)[pick(rng, list(VIEWING.values()), len(seen))]
    medium = {item.touch_channel: item.medium for item in ADVERTISING}
    source = {item.touch_channel: item.source for item in ADVERTISING}
    shift = (rng.uniform(-5, 5, len(seen)) * 86_400e6).astype("timedelta64[us]")
    first, end = block.at(block.first_day), block.at(block.end_day, -1)
    return seen.assign(
        at=np.clip(seen["at"].to_numpy() + shift, first, end),
        touch_channel=channel,
        source=pd.Series(channel).map(source),
        medium=pd.Series(channel).map(medium),
        visitor_id=None,
        campaign_id=None,
        is_click=False,
    )


def _ad_campaigns(block: Block, touches: pd.DataFrame) -> Objects:
    """The advertising campaign of each paid touch; none for others."""
    campaigns = block.facts["campaigns"]
    advertising = campaigns[campaigns["platform"].notna().to_numpy()]
    by_channel = advertising.set_index("channel")["campaign_id"]
    return lookup(
        by_channel.to_numpy(), by_channel.index.get_indexer(pd.Index(touches["touch_channel"]))
    )


def _emit(
    block: Block, touches: pd.DataFrame, moment: np.ndarray, rng: np.random.Generator
) -> None:
    person, day = touches["person"].to_numpy(), touches["day"].to_numpy()
    device = preferred_device(block.settings.seed, person)
    visitor = visitors_of(block, person, device, day)
    told = touches["visitor_id"].to_numpy(dtype=object)
    visitor = np.where(pd.notna(told), told, visitor)
    customer = identifiers_of(block, person, moment)["customer_id"].to_numpy(dtype=object)
    is_login = (rng.random(len(touches)) < LOGIN_SHARE) & touches["is_click"].to_numpy()
    is_login |= (touches["touch_channel"] == "email").to_numpy()
    columns = ["touch_channel", "source", "medium", "campaign_id", "is_click"]
    rows = touches[columns].assign(
        touch_id=block.ids("T", len(touches)),
        visitor_id=visitor,
        customer_id=known(is_login, customer),
        touched_at=touches["at"],
    )
    block.emit("marketing/touches", rows, day=day)
