"""Tickets and their changes of status, from the contacts that open or reopen them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from simulation.block import Block
from simulation.channels.arrays import Floats, Ints
from simulation.channels.blanks import known
from simulation.channels.service.calls import agent_ids, coded_cause, coded_reason
from simulation.channels.service.contacts import CHAT, PHONE

STATUSES = ("new", "open", "pending", "solved", "closed")
NEW, OPEN, PENDING, SOLVED, CLOSED = range(5)
CLOSED_AFTER_DAYS, PENDING_SHARE, RIGHT_CAUSE_SHARE = 4.0, 0.35, 0.8
CHANNELS = ("phone", "email", "chat", "messaging")
PRIORITIES = ("low", "normal", "high", "urgent")


def keep_tickets(block: Block, contacts: pd.DataFrame) -> None:
    """Write `tickets/tickets` (one version per change) and `tickets/status_changes`."""
    rng = block.rng("service.tickets")
    answered = ~contacts["is_abandoned"].to_numpy(dtype=bool)
    has_ticket = contacts["ticket_id"].notna().to_numpy() & answered
    cases = contacts[has_ticket].reset_index(drop=True)
    cases["reason"] = coded_reason(rng, cases)
    cases["cause"] = coded_cause(rng, cases, RIGHT_CAUSE_SHARE)
    cases["solved"] = _solved(rng, cases)
    changes = _changes(rng, cases)
    _emit_changes(block, cases, changes)
    _emit_versions(block, cases, changes)


def _begin(cases: pd.DataFrame) -> Floats:
    """When this contact puts its ticket to work: opened, or reopened a minute into the contact."""
    created = cases["ticket_created"].to_numpy(dtype=float)
    waited = np.nan_to_num(cases["wait_seconds"].to_numpy(dtype=float)) / 86400
    again = cases["at"].to_numpy(dtype=float) + waited + 60 / 86400
    return np.where(cases["opens_ticket"].to_numpy(dtype=bool), created, again)


def _solved(rng: np.random.Generator, cases: pd.DataFrame) -> Floats:
    """At once where a live contact helped; too early where the customer will come again."""
    count, begin = len(cases), _begin(cases)
    replied = np.maximum(cases["replied"].to_numpy(dtype=float), begin) + 120 / 86400
    live = np.isin(cases["channel"].to_numpy(dtype=np.int64), (PHONE, CHAT))
    resolved = cases["is_resolved"].to_numpy(dtype=bool)
    quick = replied + rng.uniform(0.003, 0.02, count)
    slow = replied + 0.05 + rng.exponential(0.7, count)
    helped = np.where(live & (rng.random(count) < 0.7), quick, slow)
    dragging = replied + 0.5 + rng.exponential(2.0, count)
    next_at = cases["next_at"].to_numpy(dtype=float)
    share = rng.uniform(0.2, 0.7, count)
    too_early = replied + share * np.maximum(next_at - replied, 0.001)
    has_next = cases["has_next"].to_numpy(dtype=bool)
    found: Floats = np.where(has_next, too_early, np.where(resolved, helped, dragging))
    return found


def _changes(rng: np.random.Generator, cases: pd.DataFrame) -> pd.DataFrame:
    """case (row), from_status (-1 none), to_status, at (float days); in order of time."""
    every, begin = np.arange(len(cases)), _begin(cases)
    opens = cases["opens_ticket"].to_numpy(dtype=bool)
    solved = cases["solved"].to_numpy()
    replied = cases["ticket_replied"].to_numpy(dtype=float)
    waits = rng.random(len(cases)) < PENDING_SHARE
    answered = np.where(opens, np.minimum(replied, solved - 30 / 86400), begin)
    asks = answered + 0.5 * (solved - answered)
    ends = ~cases["has_next"].to_numpy(dtype=bool)
    parts = [
        _change(every[opens], -1, NEW, begin[opens]),
        _change(every[opens], NEW, OPEN, np.maximum(answered, begin + 10 / 86400)[opens]),
        _change(every[~opens], SOLVED, OPEN, begin[~opens]),
        _change(every[waits], OPEN, PENDING, asks[waits]),
        _change(every, np.where(waits, PENDING, OPEN), SOLVED, solved),
        _change(every[ends], SOLVED, CLOSED, (solved + CLOSED_AFTER_DAYS)[ends]),
    ]
    changes = pd.concat(parts, ignore_index=True)
    changes["at"] = np.round(changes["at"] * 86400) / 86400
    changes["by_system"] = (changes["to_status"] == CLOSED) | (changes["to_status"] == NEW)
    return changes.sort_values(["at", "case", "to_status"], kind="stable", ignore_index=True)


def _change(case: Ints, before: Ints | int, after: int, at: Floats) -> pd.DataFrame:
    return pd.DataFrame({"case": case, "from_status": before, "to_status": after, "at": at})


def _emit_changes(block: Block, cases: pd.DataFrame, changes: pd.DataFrame) -> None:
    case = changes["case"].to_numpy()
    names = np.array([*STATUSES, None], dtype=object)
    agents = agent_ids(cases)[case]
    seconds = changes["at"].to_numpy() * 86400
    columns = {
        "ticket_id": cases["ticket_id"].to_numpy(dtype=object)[case],
        "changed_at": block.at(0, np.round(seconds)),
        "from_status": names[changes["from_status"].to_numpy()],
        "to_status": names[changes["to_status"].to_numpy()],
        "agent_id": known(~changes["by_system"].to_numpy(), agents),
    }
    block.emit("tickets/status_changes", columns, day=(np.round(seconds) // 86400).astype(np.int64))


def _emit_versions(block: Block, cases: pd.DataFrame, changes: pd.DataFrame) -> None:
    case = changes["case"].to_numpy()
    status, seconds = changes["to_status"].to_numpy(), np.round(changes["at"].to_numpy() * 86400)
    rows = cases.iloc[case].reset_index(drop=True)
    person = rows["person"].to_numpy(dtype=np.int64)
    created = np.round(rows["ticket_created"].to_numpy(dtype=float) * 86400)
    replied = np.round(rows["ticket_replied"].to_numpy(dtype=float) * 86400)
    solved = np.round(rows["solved"].to_numpy(dtype=float) * 86400)
    is_replied = (status > NEW) & (replied <= seconds)
    is_solved = status >= SOLVED
    accounts = block.facts["accounts"]
    has_account = accounts["account_since"].to_numpy()[person] <= created
    account = known(has_account, accounts["customer_id"].to_numpy(dtype=object)[person])
    columns = {
        "ticket_id": rows["ticket_id"].to_numpy(dtype=object),
        "customer_id": account,
        "email": accounts["email"].to_numpy(dtype=object)[person],
        "channel": np.array(CHANNELS, dtype=object)[rows["opened_by"].to_numpy(dtype=np.int64)],
        "reason": rows["reason"].to_numpy(dtype=object),
        "root_cause": known(is_solved, rows["cause"]),
        "priority": np.array(PRIORITIES, dtype=object)[_priority(rows)],
        "status": np.array(STATUSES, dtype=object)[status],
        "order_id": rows["order_id"].to_numpy(dtype=object),
        "created_at": block.at(0, created),
        "first_replied_at": _where(block, is_replied, replied),
        "solved_at": _where(block, is_solved, solved),
        "reopened_count": rows["reopened"].to_numpy(dtype=np.int64),
        "updated_at": block.at(0, seconds),
    }
    block.emit("tickets/tickets", columns, day=(seconds // 86400).astype(np.int64))


def _priority(rows: pd.DataFrame) -> Ints:
    upset = rows["emotion_start"].isin(("anger", "frustration")).to_numpy()
    tries = np.minimum(rows["attempt"].to_numpy(dtype=np.int64), 2)
    is_strong = upset & (rows["intensity"] == "high").to_numpy()
    found: Ints = np.minimum(1 + is_strong + tries, 3)
    return found


def _where(block: Block, condition: np.ndarray, seconds: Floats) -> np.ndarray:
    found = block.at(0, seconds)
    found[~condition] = np.datetime64("NaT")
    return found
