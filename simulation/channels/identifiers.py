"""Under which numbers and addresses the company knows people, and what they agreed to."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from simulation.block import Block
from simulation.channels.arrays import Bools
from simulation.channels.blanks import known

SECONDS_OF_DAY = 86400
CONSENTS = {"marketing_email": "mail", "marketing_sms": "sms", "marketing_post": "post"}


def identifiers_of(block: Block, person: Any, day: Any) -> pd.DataFrame:
    """customer_id, loyalty_id, email and phone of persons as they are on a (float) day.

    An account that is opened later is not known yet; nothing is known of a person of −1.
    """
    accounts = block.facts["accounts"]
    person = np.asarray(person, dtype=np.int64)
    moment = np.broadcast_to(np.asarray(day, dtype=np.float64), person.shape) * SECONDS_OF_DAY
    own = accounts.iloc[np.maximum(person, 0)]
    is_known = person >= 0
    has_account = is_known & (own["account_since"].to_numpy() <= moment)
    has_card = is_known & (own["card_since"].to_numpy() <= moment)

    return pd.DataFrame(
        {
            "customer_id": known(has_account, own["customer_id"]),
            "loyalty_id": known(has_card, own["loyalty_id"]),
            "email": known(has_account | has_card, own["email"]),
            "phone": known(has_account | has_card, own["phone"]),
        },
        dtype=object,
    )


def has_consent(block: Block, purpose: str, day: float) -> Bools:
    """Whether each person has agreed to a purpose by a day and not withdrawn since."""
    accounts, name = block.facts["accounts"], CONSENTS[purpose]
    if f"{name}_from" not in accounts:
        return np.zeros(len(accounts), dtype=bool)
    moment = day * SECONDS_OF_DAY
    since, until = accounts[f"{name}_from"].to_numpy(), accounts[f"{name}_until"].to_numpy()
    agreed: Bools = (since <= moment) & (until > moment)
    return agreed
