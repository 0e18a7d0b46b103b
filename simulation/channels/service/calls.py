"""Calls: those of customers, the legs after a transfer, and the company's calls back."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from simulation.block import Block
from simulation.channels.arrays import Objects, numbered, uniform
from simulation.channels.blanks import known, known_moments
from simulation.channels.service.contacts import PHONE

QUEUES = {
    "delivery": "orders", "stock": "orders", "size_fit": "orders", "product_quality": "orders",
    "returns": "orders", "price": "orders", "billing": "billing", "payment": "billing",
    "subscription": "billing", "website": "technical", "app": "technical",
}  # fmt: skip
TRANSFER_SHARES = {"billing": 0.16, "technical": 0.18}
USUAL_TRANSFER_SHARE, CALL_BACK_SHARE, CODED_LATER_SHARE = 0.06, 0.45, 0.2
# How often the agent's codes and the switchboard are right, and the analysis of the voice.
RIGHT_REASON_SHARE, RIGHT_CAUSE_SHARE, HEARD_SHARE = 0.93, 0.85, 0.75
RECOGNISED_SHARE, WITHHELD_SHARE, SWITCHBOARD_SHARE = 0.85, 0.06, 0.02
SWITCHBOARD = "+442079460000"
FINAL, FIRST_LEG, SECOND_LEG, CALL_BACK = range(4)


def calls_of(block: Block, contacts: pd.DataFrame) -> pd.DataFrame:
    """Every call, one row each: the columns of its contact and those of the call.

    Added: call_id, parent_call_id, leg (FINAL to CALL_BACK), direction, queue, outcome, start,
    answered, end (seconds since the company's start), hold, talk, wrap (seconds).
    """
    rng = block.rng("service.calls")
    inbound = contacts[(contacts["channel"] == PHONE).to_numpy()].reset_index(drop=True)
    inbound = inbound.assign(call_id=inbound["contact_id"], parent_call_id=None, leg=FINAL)
    inbound["queue"] = inbound["topic"].map(QUEUES).fillna("general")
    handled = ~inbound["is_abandoned"].to_numpy(dtype=bool)
    share = inbound["queue"].map(TRANSFER_SHARES).fillna(USUAL_TRANSFER_SHARE).to_numpy()
    is_passed_on = handled & (rng.random(len(inbound)) < share)
    inbound["leg"] = np.where(is_passed_on, FIRST_LEG, FINAL)
    inbound["start"] = inbound["at"].to_numpy(dtype=float) * 86400
    inbound = _timed(rng, inbound)
    second = _second_legs(block, rng, inbound[is_passed_on])
    back = _calls_back(block, rng, inbound[handled & ~is_passed_on])
    calls = pd.concat([inbound, second, back], ignore_index=True)
    calls["outcome"] = _outcomes(rng, calls)
    return calls.sort_values("start", kind="stable", ignore_index=True)


def _timed(rng: np.random.Generator, calls: pd.DataFrame) -> pd.DataFrame:
    """Answer, hold, talk, wrap-up and end of each call; nothing of it where nobody answered."""
    count = len(calls)
    answered = ~calls["is_abandoned"].to_numpy(dtype=bool)
    first = calls["leg"].to_numpy() == FIRST_LEG
    talk = np.where(first, 70.0, 140.0) * np.exp(rng.normal(0, 0.5, count))
    talk = np.round(np.clip(talk, 20, 2400))
    hold = np.where(rng.random(count) < 0.25, np.round(10 + rng.exponential(60, count)), 0.0)
    wrap = np.round(10 + rng.exponential(45, count))
    wait = np.nan_to_num(calls["wait_seconds"].to_numpy(dtype=float))
    start = calls["start"].to_numpy(dtype=float)
    begun = start + wait
    return calls.assign(
        answered=np.where(answered, begun, np.nan),
        talk=np.where(answered, talk, np.nan),
        hold=np.where(answered, hold, np.nan),
        wrap=np.where(answered, wrap, np.nan),
        end=begun + np.where(answered, talk + hold, 0.0),
        direction="inbound",
    )


def _second_legs(block: Block, rng: np.random.Generator, first: pd.DataFrame) -> pd.DataFrame:
    """The same caller with another agent, after a shorter wait."""
    legs = first.assign(
        call_id=block.ids("CT", len(first)),
        parent_call_id=first["call_id"],
        leg=SECOND_LEG,
        start=first["end"],
        wait_seconds=np.round(3 + rng.exponential(25, len(first)), 1),
        # The neighbour in the team, whose size is even.
        agent=first["agent"].to_numpy(dtype=np.int64) ^ 1,
    )
    return _timed(rng, legs)


def _calls_back(block: Block, rng: np.random.Generator, open_calls: pd.DataFrame) -> pd.DataFrame:
    """What the agent could not settle at once, some settle by a call back within hours."""
    resolved = open_calls["is_resolved"].to_numpy(dtype=bool)
    takes_time = resolved & (rng.random(len(open_calls)) < 0.2 * CALL_BACK_SHARE)
    promised = open_calls[takes_time]
    wait = rng.uniform(900, 4 * 3600, len(promised))
    calls = promised.assign(
        call_id=block.ids("CB", len(promised)),
        parent_call_id=promised["call_id"],
        leg=CALL_BACK,
        start=np.round(promised["end"] + wait, 1),
        wait_seconds=np.round(5 + rng.exponential(8, len(promised)), 1),
    )
    return _timed(rng, calls).assign(direction="outbound")


def _outcomes(rng: np.random.Generator, calls: pd.DataFrame) -> Objects:
    leg = calls["leg"].to_numpy()
    awaits = calls["call_id"].isin(calls.loc[leg == CALL_BACK, "parent_call_id"]).to_numpy()
    resolved = calls["is_resolved"].to_numpy(dtype=bool)
    # An agent who thinks a case is settled is not always right.
    seems = resolved | (rng.random(len(calls)) < 0.25)
    outcome = np.where(seems, "resolved", "unresolved").astype(object)
    outcome[leg == FIRST_LEG] = "transferred"
    outcome[awaits] = "call_back"
    outcome[calls["is_abandoned"].to_numpy(dtype=bool)] = "abandoned"
    return outcome


def emit_calls(block: Block, calls: pd.DataFrame) -> None:
    """Write `calls/calls`: coded at once, or without codes first and with them the next day."""
    rng = block.rng("service.calls.export")
    columns = pd.DataFrame(_columns(block, rng, calls))
    end = calls["end"].to_numpy(dtype=float)
    later = ~calls["is_abandoned"].to_numpy(dtype=bool)
    later &= rng.random(len(calls)) < CODED_LATER_SHARE
    wrap = np.nan_to_num(calls["wrap"].to_numpy(dtype=float))
    coded_at = np.where(later, (end // 86400 + 1) * 86400 + 9 * 3600 + wrap * 60, end + wrap)
    day = (calls["start"].to_numpy(dtype=float) // 86400).astype(np.int64)
    columns["updated_at"] = block.at(0, coded_at)
    block.emit("calls/calls", columns, day=np.where(later, day + 1, day))
    uncoded = columns[later].assign(reason=None, root_cause=None, wrap_seconds=np.nan)
    uncoded["updated_at"] = block.at(0, end[later])
    block.emit("calls/calls", uncoded.reset_index(drop=True), day=day[later])


def _columns(block: Block, rng: np.random.Generator, calls: pd.DataFrame) -> dict[str, Any]:
    answered = ~calls["is_abandoned"].to_numpy(dtype=bool)
    leg = calls["leg"].to_numpy()
    ticket = known(answered, calls["ticket_id"])
    about = rng.random(len(calls)) < 0.8
    return {
        "call_id": calls["call_id"].to_numpy(dtype=object),
        **_callers(block, rng, calls),
        "direction": calls["direction"].to_numpy(dtype=object),
        "queue": calls["queue"].to_numpy(dtype=object),
        "agent_id": agent_ids(calls),
        "reason": known(answered, coded_reason(rng, calls)),
        "root_cause": known(answered, coded_cause(rng, calls, RIGHT_CAUSE_SHARE)),
        "outcome": calls["outcome"].to_numpy(dtype=object),
        "started_at": block.at(0, calls["start"].to_numpy(dtype=float)),
        "answered_at": known_moments(block, calls["answered"].to_numpy(dtype=float)),
        "ended_at": block.at(0, calls["end"].to_numpy(dtype=float)),
        **{
            f"{name}_seconds": calls[name].to_numpy(dtype=float)
            for name in ("hold", "talk", "wrap")
        },
        "wait_seconds": calls["wait_seconds"].to_numpy(dtype=float),
        "transfer_count": np.where(leg == FIRST_LEG, 1, 0),
        "is_abandoned": ~answered,
        "parent_call_id": calls["parent_call_id"].to_numpy(dtype=object),
        "ticket_id": ticket,
        "order_id": known(about & answered, calls["order_id"]),
        "language": known(answered, calls["language"]),
        "emotion_start": _heard(rng, calls["emotion_start"], answered),
        "emotion_end": _heard(rng, calls["emotion_end"], answered),
    }


def agent_ids(contacts: pd.DataFrame) -> Objects:
    """Number of each agent; null where nobody answered."""
    agent = contacts["agent"].to_numpy(dtype=np.int64)
    return known(agent >= 0, numbered("AG", 100 + np.maximum(agent, 0)))


def recognised_as(block: Block, contacts: pd.DataFrame, share: float) -> Objects:
    """The account that a share of those who have one is recognised as."""
    accounts = block.facts["accounts"]
    person = contacts["person"].to_numpy(dtype=np.int64)
    moment = contacts["at"].to_numpy(dtype=float) * 86400
    has = accounts["account_since"].to_numpy()[person] <= moment
    is_seen = has & (uniform(block.settings.seed, person, moment.astype(np.int64), 52) < share)
    return known(is_seen, accounts["customer_id"].to_numpy(dtype=object)[person])


def _callers(block: Block, rng: np.random.Generator, calls: pd.DataFrame) -> dict[str, Objects]:
    """Number and account; some withhold their number, some call through a switchboard."""
    person = calls["person"].to_numpy(dtype=np.int64)
    own = block.facts["accounts"]["phone"].to_numpy(dtype=object)[person]
    draw = uniform(block.settings.seed, person, 53)
    outbound = (calls["direction"] == "outbound").to_numpy()
    number = np.where(draw < SWITCHBOARD_SHARE, SWITCHBOARD, own)
    withheld = ~outbound & (rng.random(len(calls)) < WITHHELD_SHARE)
    return {
        "customer_id": recognised_as(block, calls, RECOGNISED_SHARE),
        "phone_number": known(~withheld, number),
    }


def coded_reason(rng: np.random.Generator, contacts: pd.DataFrame) -> Objects:
    """The reason as the agent codes it: the topic, now and then merely `general`."""
    right = rng.random(len(contacts)) < RIGHT_REASON_SHARE
    found: Objects = np.where(right, contacts["topic"].to_numpy(dtype=object), "general")
    return found


def coded_cause(rng: np.random.Generator, contacts: pd.DataFrame, share: float) -> Objects:
    """The root cause as an agent sees it; null where none is found."""
    cause = contacts["root_cause"].to_numpy(dtype=object)
    seen = (rng.random(len(contacts)) < share) & (cause != "none")
    return known(seen, cause)


def _heard(rng: np.random.Generator, emotion: pd.Series, answered: np.ndarray) -> Objects:
    right = rng.random(len(emotion)) < HEARD_SHARE
    found: Objects = np.where(right, emotion.to_numpy(dtype=object), "none")
    return known(answered, found)
