"""Messages from sending to unsubscribing, in two versions: as sent, and with what came of it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from simulation.block import Block
from simulation.channels.arrays import Bools, Floats
from simulation.channels.identifiers import identifiers_of
from simulation.channels.marketing.choosing import (
    UNSUBSCRIBED,
    has_dead_address,
    is_suppressed,
    unsubscribed_days,
)
from simulation.channels.marketing.plan import ALL_KINDS, campaign_rows


class Funnel(NamedTuple):
    """Shares of a channel's messages: undelivered, and of those read or acted on at the mean."""

    bounced: float
    opened: float
    clicked: float  # of the opened, or of the delivered where an opening is not measured
    unsubscribed: float  # likewise
    delivery_days: float
    is_opening_measured: bool


FUNNELS = {
    "email": Funnel(0.01, 0.33, 0.13, 0.012, 0.0, True),
    "push": Funnel(0.03, 0.09, 0.6, 0.0, 0.0, True),
    "sms": Funnel(0.01, 1.0, 0.05, 0.0, 0.0, False),
    "post": Funnel(0.005, 1.0, 0.0, 0.0, 3.0, False),
}
HOURS_UNTIL_OPENED = 7.0
SENDING_HOURS = (7.0, 10.0)
# How much the person's tendency to answer and the campaign's appeal move the odds of an opening.
TENDENCY_WEIGHT, UPLIFT_WEIGHT = 2.5, 4.0
FATIGUE_PER_MESSAGE = 0.12


def send_messages(block: Block, campaigns: pd.DataFrame, chosen: pd.DataFrame) -> pd.DataFrame:
    """Write messages and finished campaigns; gives those truly sent, by campaign and person."""
    rng = block.rng("marketing.messages")
    messages = _with_moments(block, campaigns, chosen, rng)
    messages = _without_unsubscribed(block, messages)
    messages["message_id"] = block.ids("M", len(messages))
    _emit(block, campaigns, messages)
    sent = messages[~messages["is_holdout"]].reset_index(drop=True)
    pushes = sent[["person", "campaign", "day", "uplift"]]
    block.facts["campaign_pushes"] = pushes[pushes["uplift"] > 0].reset_index(drop=True)
    _leave_clicks(block, campaigns, sent)
    _emit_costs(block, campaigns, sent)
    return sent


def _with_moments(
    block: Block, campaigns: pd.DataFrame, chosen: pd.DataFrame, rng: np.random.Generator
) -> pd.DataFrame:
    """Add the moment (float days) of each step of the funnel; NaN where it was not taken."""
    count = len(chosen)
    channel = campaigns["channel"].to_numpy()[chosen["campaign"]]
    shares = np.array([FUNNELS[name] for name in FUNNELS])
    funnel = shares[pd.Index(list(FUNNELS)).get_indexer(pd.Index(channel))]
    sent = chosen["day"].to_numpy() + rng.uniform(*SENDING_HOURS, count) / 24
    is_sent = ~chosen["is_holdout"].to_numpy()
    bounced = is_sent & _bounces(block, chosen, channel, funnel[:, 0], rng)
    opened = is_sent & ~bounced & (rng.random(count) < _opening(block, chosen, funnel[:, 1]))
    clicked = opened & (rng.random(count) < funnel[:, 2])
    unsubscribed = opened & (rng.random(count) < funnel[:, 3])
    opened_at = sent + funnel[:, 4] + rng.exponential(HOURS_UNTIL_OPENED, count) / 24
    clicked_at = opened_at + rng.exponential(0.05, count) / 24 + 5 / 86400
    return chosen.assign(
        channel=channel,
        sent=sent,
        bounced=np.where(bounced, sent + 20 / 86400, np.nan),
        delivered=np.where(is_sent & ~bounced, sent + funnel[:, 4] + 4 / 86400, np.nan),
        opened=np.where(opened & (funnel[:, 5] > 0), opened_at, np.nan),
        clicked=np.where(clicked, clicked_at, np.nan),
        unsubscribed=np.where(unsubscribed, clicked_at + 30 / 86400, np.nan),
    )


def _bounces(
    block: Block,
    chosen: pd.DataFrame,
    channel: np.ndarray,
    share: Floats,
    rng: np.random.Generator,
) -> Bools:
    is_dead = has_dead_address(block, chosen["person"].to_numpy()) & (channel == "email")
    bounces: Bools = is_dead | (rng.random(len(chosen)) < share)
    return bounces


def _opening(block: Block, chosen: pd.DataFrame, share: Floats) -> Floats:
    """Probability to open: the channel's, moved by the person, the appeal and by fatigue."""
    tendency = block.people.column("answer_tendency")[chosen["person"].to_numpy()]
    before = chosen.groupby("person").cumcount().to_numpy()
    shift = TENDENCY_WEIGHT * (tendency - 0.4) + UPLIFT_WEIGHT * chosen["uplift"].to_numpy()
    shift -= FATIGUE_PER_MESSAGE * np.minimum(before, 10)
    is_certain = share >= 1
    odds = np.where(is_certain, 0.0, share) / np.where(is_certain, 1.0, 1 - share) * np.exp(shift)
    return np.where(is_certain, 1.0, odds / (1 + odds))


def _without_unsubscribed(block: Block, messages: pd.DataFrame) -> pd.DataFrame:
    """Nobody is addressed after unsubscribing, whether chosen before or not."""
    days = unsubscribed_days(block)
    first = messages.groupby("person")["unsubscribed"].min().dropna()
    person = first.index.to_numpy()
    days[person] = np.minimum(days[person], first.to_numpy())
    block.memory[UNSUBSCRIBED] = days
    kept = ~is_suppressed(block, messages, messages["channel"].to_numpy())
    messages = messages.loc[kept].reset_index(drop=True)
    _withdraw_consents(block, messages[messages["unsubscribed"].notna()])
    return messages


def _withdraw_consents(block: Block, gone: pd.DataFrame) -> None:
    """An unsubscription stands in the consent register too; leaves `unsubscribes`."""
    moment = gone["unsubscribed"].to_numpy()
    day = np.floor(moment).astype(np.int64)
    at = block.at(moment)
    entries = {
        "consent_id": block.ids("NU", len(gone)),
        "customer_id": identifiers_of(block, gone["person"].to_numpy(), moment)["customer_id"],
        "purpose": "marketing_email",
        "status": "withdrawn",
        "source": "unsubscribe_link",
        "legal_basis": "consent",
        "recorded_at": at,
    }
    block.emit("crm/consents", pd.DataFrame(entries), day=day)
    left = {"person": gone["person"].to_numpy(), "channel": gone["channel"].to_numpy()}
    block.facts["unsubscribes"] = pd.DataFrame(left | {"at": at, "day": day})


def _emit(block: Block, campaigns: pd.DataFrame, messages: pd.DataFrame) -> None:
    """First as sent, then again on the day of the last step after the delivery."""
    known = identifiers_of(block, messages["person"].to_numpy(), messages["sent"].to_numpy())
    rows = pd.DataFrame(
        {
            "message_id": messages["message_id"],
            "campaign_id": campaigns["campaign_id"].to_numpy()[messages["campaign"]],
            "customer_id": known["customer_id"],
            "loyalty_id": known["loyalty_id"],
            "channel": messages["channel"],
            "is_holdout": messages["is_holdout"],
            "sent_at": block.at(messages["sent"]),
            "bounced_at": _moments(block, messages["bounced"]),
        }
    )
    sent_day = messages["day"].to_numpy()
    arrived = np.floor(messages["delivered"].to_numpy()) == sent_day
    delivered = _moments(block, messages["delivered"])
    rows["delivered_at"] = np.where(arrived, delivered, np.datetime64("NaT", "us"))
    block.emit("marketing/campaign_messages", rows, day=sent_day)
    steps = messages[["delivered", "opened", "clicked", "unsubscribed"]]
    acted = steps[["opened", "clicked"]].notna().any(axis=1).to_numpy()
    changed = acted | (messages["delivered"].notna().to_numpy() & ~arrived)
    last = np.floor(steps.max(axis=1).to_numpy()[changed]).astype(np.int64)
    later = rows[changed].assign(
        delivered_at=delivered[changed],
        **{f"{name}_at": _moments(block, messages[name])[changed] for name in steps.columns[1:]},
    )
    block.emit("marketing/campaign_messages", later, day=last)


def _moments(block: Block, days: pd.Series) -> np.ndarray:
    """Float days as times; NaN as no time."""
    known = days.notna().to_numpy()
    moments = block.at(np.where(known, days.to_numpy(), 0.0))
    return np.where(known, moments, np.datetime64("NaT", "us"))


def _leave_clicks(block: Block, campaigns: pd.DataFrame, sent: pd.DataFrame) -> None:
    clicks = sent[sent["clicked"].notna()]
    block.facts["campaign_clicks"] = pd.DataFrame(
        {
            "person": clicks["person"].to_numpy(),
            "campaign": clicks["campaign"].to_numpy(),
            "campaign_id": campaigns["campaign_id"].to_numpy()[clicks["campaign"]],
            "channel": clicks["channel"].to_numpy(),
            "at": block.at(clicks["clicked"]),
        }
    )


def _emit_costs(block: Block, campaigns: pd.DataFrame, sent: pd.DataFrame) -> None:
    """Finished campaigns once more, with what they cost; advertising is billed elsewhere."""
    counts = np.bincount(sent["campaign"], minlength=len(campaigns))
    unit = campaigns["kind"].map({name: kind.cost for name, kind in ALL_KINDS.items()})
    is_message = campaigns["platform"].isna().to_numpy()
    rows = campaign_rows(block, campaigns)[is_message]
    rows["cost_amount"] = np.round(50 + counts * unit.to_numpy(), 2)[is_message]
    block.emit("marketing/campaigns", rows, day=campaigns["end_day"].to_numpy()[is_message] + 1)
