"""Who acts for which company, as far as the shop knows."""

from __future__ import annotations

import numpy as np
import pandas as pd

from simulation.block import Block, numbered
from simulation.channels.customers.records import NEVER, SECONDS

ACTING_SHARE, COLLEAGUE_SHARE = 0.03, 0.3


def emit_company_contacts(block: Block, people: pd.DataFrame, records: pd.DataFrame) -> None:
    """Owners of small firms, and colleagues who buy for the firm of the owner before them."""
    rng = block.rng("customers.companies")
    since = records["account_since"].to_numpy()
    acts = (rng.random(len(people)) < ACTING_SHARE) & (since < NEVER)
    is_colleague = rng.random(len(people))[acts] < COLLEAGUE_SHARE
    who, opened = people[acts], since[acts]
    is_colleague[:1] = False
    owner = np.maximum.accumulate(np.where(is_colleague, 0, np.arange(len(who))))
    moment = np.maximum(opened, opened[owner])
    day = moment // SECONDS
    names = who["last_name"].to_numpy(dtype=object)[owner]
    rows = pd.DataFrame(
        {
            "company_id": numbered("CO", who.index.to_numpy()[owner], 8),
            "customer_id": records["customer_id"].to_numpy(dtype=object)[acts],
            "company_name": names + " & Co",
            "vat_id": numbered("VAT", who.index.to_numpy()[owner], 9),
            "role": np.where(is_colleague, "buyer", "owner").astype(object),
            "valid_from": block.date(day),
            "updated_at": block.at(0, moment),
        }
    )
    block.emit("crm/company_contacts", rows, day=np.maximum(day, 0))
