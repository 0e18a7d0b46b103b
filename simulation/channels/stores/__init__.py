"""Visits to the stores: door counts, what employees record, and the use of the terminals."""

from __future__ import annotations

import numpy as np
import pandas as pd

from simulation.block import Block
from simulation.channels.arrays import lookup
from simulation.channels.stores.doors import count_at_doors
from simulation.channels.stores.kiosk import use_kiosks
from simulation.channels.stores.tablet import record_visits
from simulation.channels.stores.visits import REASONS, visits_of


def simulate(block: Block) -> None:
    """Add one row per store visit of a known person to `visits`."""
    visits = visits_of(block)
    count_at_doors(block, visits)
    recorded = record_visits(block, visits)
    use_kiosks(block, visits)
    known = visits["person"].to_numpy() >= 0
    stores = block.reference.stores["store_id"].to_numpy(dtype=object)
    told = pd.DataFrame(
        {
            "person": visits["person"],
            "channel": "store",
            "session": visits["session"],
            "store_id": stores[visits["store"].to_numpy()],
            "visit_id": recorded,
            "start": block.at(0, visits["entered"].to_numpy()),
            "end": block.at(0, visits["left"].to_numpy()),
            "has_ordered": visits["receipt_id"].notna(),
            "receipt_id": visits["receipt_id"],
            "abandonment_reason": lookup(REASONS, visits["reason"].to_numpy()),
        }
    )
    day = np.maximum(visits["entered"].to_numpy() // 86400, block.first_day).astype(np.int64)
    block.truth("store_visits", told, day=day)
    wanted = ["person", "channel", "session", "start", "has_ordered", "abandonment_reason"]
    before = block.facts.get("visits", told.iloc[:0][wanted])
    added = told.loc[known, wanted].assign(campaign_id=None)
    block.facts["visits"] = pd.concat([before, added], ignore_index=True)
