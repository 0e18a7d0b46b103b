"""Notes that agents write after a contact."""

from __future__ import annotations

import numpy as np
import pandas as pd

from simulation.block import Block
from simulation.channels.arrays import pick
from simulation.channels.blanks import known
from simulation.channels.remarks import Remark, write
from simulation.channels.service.calls import agent_ids, coded_cause, recognised_as
from simulation.channels.service.contacts import EMOTIONS, INTENSITIES, PHONE
from simulation.channels.service.feelings import sentiment_of

NOTED_SHARE, NOTED_SHARE_WITH_TICKET = 0.3, 0.65
RIGHT_CAUSE_SHARE, RIGHT_EMOTION_SHARE, RECOGNISED_SHARE = 0.82, 0.75, 0.9


def write_notes(block: Block, contacts: pd.DataFrame) -> None:
    """Write `service/agent_notes`: cause and feeling as the agent sees them, mostly rightly."""
    rng = block.rng("service.notes")
    has_ticket = contacts["ticket_id"].notna().to_numpy()
    share = np.where(has_ticket, NOTED_SHARE_WITH_TICKET, NOTED_SHARE)
    handled = ~contacts["is_abandoned"].to_numpy(dtype=bool)
    noted = contacts[handled & (rng.random(len(contacts)) < share)].reset_index(drop=True)
    count, key = len(noted), block.ids("N", len(noted))
    felt = noted["emotion_start"].to_numpy(dtype=object)
    guess = np.array(EMOTIONS, dtype=object)[pick(rng, np.ones(len(EMOTIONS)), count)]
    seen = np.where(rng.random(count) < RIGHT_EMOTION_SHARE, felt, guess)
    strength = noted["intensity"].to_numpy(dtype=object)
    guess = np.array(INTENSITIES, dtype=object)[rng.integers(0, 3, count)]
    at = noted["replied"].to_numpy(dtype=float) * 86400
    at = np.round(at + 240 + rng.exponential(600, count))
    day = (at // 86400).astype(np.int64)
    remark = Remark(
        noted["language"].to_numpy(dtype=object),
        noted["topic"].to_numpy(dtype=object),
        sentiment_of(rng, felt, strength),
        felt,
        noted["root_cause"].to_numpy(dtype=object),
    )
    text = write(block, rng, "agent_note", remark, source="service/agent_notes", keys=key, day=day)
    by_phone = (noted["channel"] == PHONE).to_numpy()
    block.emit(
        "service/agent_notes",
        {
            "note_id": key,
            "customer_id": recognised_as(block, noted, RECOGNISED_SHARE),
            "ticket_id": noted["ticket_id"].to_numpy(dtype=object),
            "call_id": known(by_phone, noted["contact_id"]),
            "agent_id": agent_ids(noted),
            "note": text,
            "root_cause": coded_cause(rng, noted, RIGHT_CAUSE_SHARE),
            "emotion": seen,
            "intensity": np.where(rng.random(count) < 0.8, strength, guess),
            "language": remark.language,
            "noted_at": block.at(0, at),
        },
        day=day,
    )
