"""The consent register: what is decided on registration, and what is changed later."""

from __future__ import annotations

import numpy as np
import pandas as pd

from simulation.block import Block
from simulation.channels.arrays import spread
from simulation.channels.customers.records import NEVER, SECONDS

PURPOSES = (
    "marketing_email", "marketing_sms", "marketing_post", "profiling", "third_party", "cross_brand",
)  # fmt: skip
GRANTED_SHARES = np.array([0.66, 0.35, 0.3, 0.58, 0.08, 0.12])
WITHDRAWN_A_YEAR = np.array([0.12, 0.06, 0.04, 0.03, 0.05, 0.03])
GRANTED_LATER_A_YEAR, GRANTED_AGAIN_SHARE = 0.05, 0.2
LONGEST_STORY = 3650 * SECONDS
SOURCES = ("preference_centre", "unsubscribe_link", "call")


def decide_consents(block: Block, records: pd.DataFrame) -> pd.DataFrame:
    """Every entry of newcomers' accounts: person, is_second, purpose, status, moment, source."""
    rng = block.rng("customers.consents")
    accounts = pd.concat(
        [
            _accounts(records, "customer_id", "account_since", is_second=False),
            _accounts(records, "second_id", "second_since", is_second=True),
        ],
        ignore_index=True,
    )
    account, purpose = spread(np.full(len(accounts), len(PURPOSES)))
    first = accounts.iloc[account].reset_index(drop=True)
    first["purpose"] = np.array(PURPOSES, dtype=object)[purpose]
    granted = rng.random(len(first)) < GRANTED_SHARES[purpose]
    first["status"] = np.where(granted, "granted", "denied").astype(object)
    first["source"] = "registration"
    second = _changed(first, np.where(granted, WITHDRAWN_A_YEAR[purpose], 0.0), "withdrawn", rng)
    granted_later = np.where(granted, 0.0, GRANTED_LATER_A_YEAR)
    third = _changed(first, granted_later, "granted", rng)
    returns = second[rng.random(len(second)) < GRANTED_AGAIN_SHARE]
    again = _changed(returns, np.full(len(returns), 1.0), "granted", rng)
    return pd.concat([first, second, third, again], ignore_index=True)


def _accounts(records: pd.DataFrame, name: str, since: str, *, is_second: bool) -> pd.DataFrame:
    own = records[records[since] < NEVER]
    return pd.DataFrame(
        {
            "person": own.index,
            "customer_id": own[name].to_numpy(dtype=object),
            "is_second": is_second,
            "moment": own[since].to_numpy(),
        }
    )


def _changed(
    entries: pd.DataFrame, yearly: np.ndarray, status: str, rng: np.random.Generator
) -> pd.DataFrame:
    """Later entries: after an exponential wait, where the yearly rate is not 0."""
    mean = 365 * SECONDS / np.where(yearly > 0, yearly, 1.0)
    wait = rng.exponential(mean).astype(np.int64) + SECONDS
    source = rng.choice(np.array(SOURCES, dtype=object), len(entries), p=[0.45, 0.4, 0.15])
    changed = entries.assign(status=status, source=source, moment=entries["moment"] + wait)
    return changed[(yearly > 0) & (wait < LONGEST_STORY)]


def emit_consents(block: Block, records: pd.DataFrame, consents: pd.DataFrame) -> None:
    """The register; entries from before the first day stand in its first export."""
    day = np.maximum(consents["moment"].to_numpy() // SECONDS, 0)
    entries = consents[["customer_id", "purpose", "status", "source"]].assign(
        consent_id=block.ids("N", len(consents)),
        legal_basis="consent",
        recorded_at=block.at(0, consents["moment"]),
    )
    block.emit("crm/consents", entries, day=day)
    truth = consents[["person", "customer_id", "purpose", "status"]]
    block.truth("consents", truth.assign(at=entries["recorded_at"]), day=day)
