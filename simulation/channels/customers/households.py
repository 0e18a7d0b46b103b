"""Who lives with whom, as far as the company knows."""

from __future__ import annotations

import numpy as np
import pandas as pd

from simulation.block import Block, numbered
from simulation.channels.customers.records import NEVER, SECONDS

KNOWN_SHARE, PARTED_SHARE = 0.7, 0.06


def find_households(block: Block, people: pd.DataFrame, records: pd.DataFrame) -> pd.DataFrame:
    """Members of the known households whose members all have accounts.

    By person: household_id, customer_id, role, moment (the last of their accounts was opened),
    parted_day (after it they live apart; `NEVER`).
    """
    rng = block.rng("customers.households")
    is_known = rng.random(len(people)) < KNOWN_SHARE
    apart = rng.integers(100, 900, len(people))
    apart = np.where(rng.random(len(people)) < PARTED_SHARE, apart, NEVER)
    wanted = records[["customer_id", "account_since"]]
    members = people.loc[people["household"] >= 0, ["household"]].join(wanted)
    moment = members.groupby("household")["account_since"].transform("max").to_numpy()
    head = members["household"].to_numpy()
    is_head = head == members.index.to_numpy()
    apart = apart[head - people.index[0]]
    found = pd.DataFrame(
        {
            "household_id": numbered("H", head, 8),
            "customer_id": members["customer_id"].to_numpy(dtype=object),
            "role": np.where(is_head, "head", "partner").astype(object),
            "moment": moment,
            "parted_day": np.where(apart < NEVER, moment // SECONDS + apart, NEVER),
        },
        index=members.index,
    )
    kept: pd.DataFrame = found[is_known[head - people.index[0]] & (moment < NEVER)]
    return kept


def emit_households(block: Block, households: pd.DataFrame) -> None:
    """Each membership when it becomes known, and again when it is over."""
    first, last = households["moment"].to_numpy() // SECONDS, households["parted_day"].to_numpy()
    start = block.settings.midnight.astype("datetime64[D]")
    rows = households[["household_id", "customer_id", "role"]].assign(
        valid_from=start + first, updated_at=block.at(0, households["moment"])
    )
    block.emit("crm/households", rows, day=np.maximum(first, 0))
    ends = last < NEVER
    parted = rows[ends].assign(
        valid_to=start + last[ends], updated_at=block.at(last[ends] + 1, 36_000)
    )
    block.emit("crm/households", parted, day=np.maximum(last[ends] + 1, 0))
