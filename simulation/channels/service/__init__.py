"""The contact centre: who turns to it and why, how it goes, and what is kept of it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from simulation.block import Block
from simulation.channels.arrays import Objects
from simulation.channels.service.calls import calls_of, emit_calls
from simulation.channels.service.causes import issues_of
from simulation.channels.service.contacts import (
    CHANNELS,
    CHAT,
    EMAIL,
    MESSAGING,
    PHONE,
    contacts_of,
)
from simulation.channels.service.notes import write_notes
from simulation.channels.service.speech import transcribe
from simulation.channels.service.tickets import keep_tickets
from simulation.channels.service.written import write_chats, write_emails, write_messages

PREFIXES = {PHONE: "CI", EMAIL: "EI", CHAT: "CH", MESSAGING: "MI"}


def simulate(block: Block) -> None:
    """Leave `contacts`: one row per attempt of a customer to reach the service.

    Columns: contact_id (number of the call, e-mail, chat or message), person, channel, at, day,
    cause, cause_key, reason (the true topic), root_cause, emotion, is_resolved, is_abandoned,
    wait_seconds (NaN in writing), issue_id, attempt, ticket_id.
    """
    contacts = contacts_of(block, issues_of(block))
    contacts["contact_id"] = _ids(block, contacts)
    person = contacts["person"].to_numpy(dtype=np.int64)
    contacts["language"] = block.people.column("language")[person]
    calls = calls_of(block, contacts)
    emit_calls(block, calls)
    transcribe(block, calls)
    write_emails(block, contacts)
    write_chats(block, contacts)
    write_messages(block, contacts)
    keep_tickets(block, contacts)
    write_notes(block, contacts)
    _tell(block, contacts)


def _ids(block: Block, contacts: pd.DataFrame) -> Objects:
    channel = contacts["channel"].to_numpy(dtype=np.int64)
    ids = np.empty(len(contacts), dtype=object)
    for number, prefix in PREFIXES.items():
        rows = np.flatnonzero(channel == number)
        ids[rows] = block.ids(prefix, len(rows))
    return ids


def _tell(block: Block, contacts: pd.DataFrame) -> None:
    at = contacts["at"].to_numpy(dtype=float)
    told = contacts[
        ["contact_id", "person", "cause", "cause_key", "root_cause", "is_resolved", "is_abandoned",
         "wait_seconds", "issue_id", "attempt", "ticket_id", "emotion_end", "intensity"]
    ].assign(
        channel=np.array(CHANNELS, dtype=object)[contacts["channel"].to_numpy(dtype=np.int64)],
        at=block.at(0, np.round(at * 86400, 3)),
        day=at.astype(np.int64),
        reason=contacts["topic"],
        emotion=contacts["emotion_start"],
    )  # fmt: skip
    block.facts["contacts"] = told
    block.truth("contacts", told.drop(columns="day"), day=told["day"])
