"""First and later contacts with prospects and customers, as staff and web forms note them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from simulation.block import Block
from simulation.channels.arrays import Ints, pick, spread
from simulation.channels.blanks import known
from simulation.channels.customers.contact_data import typed_phones, with_typing_errors
from simulation.channels.customers.records import SECONDS

NOTED_SHARE = 0.3
KINDS, KIND_WEIGHTS = (
    ("web_form", "visit", "call", "email", "event"),
    (0.35, 0.25, 0.18, 0.14, 0.08),
)
CATEGORIES = ("product_advice", "newsletter", "competition", "availability", "appointment")
LEAD_SOURCES, LEAD_WEIGHTS = (
    ("search", "friend", "social_media", "passing_by", "advertisement", "press"),
    (0.3, 0.22, 0.18, 0.14, 0.12, 0.04),
)
KNOWN_SHARES = {"email": 0.75, "phone": 0.45, "last_name": 0.85, "postcode": 0.4, "city": 0.7}


def emit_contacts(block: Block, people: pd.DataFrame, records: pd.DataFrame) -> None:
    """Prospects are met more often than customers; a person without an account leaves an e-mail."""
    rng = block.rng("customers.contacts")
    is_prospect = people["is_prospect"].to_numpy()
    noted = is_prospect | (rng.random(len(people)) < NOTED_SHARE)
    counts = noted * (1 + np.where(is_prospect, rng.poisson(0.9, len(people)), 0))
    parent, number = spread(counts)
    joined = people["joined_day"].to_numpy()[parent]
    day = joined + np.where(number > 0, rng.integers(1, 120, len(parent)), 0)
    moment = day * SECONDS + rng.integers(8 * 3600, 20 * 3600, len(parent))
    rows = _described(block, people.iloc[parent], records.iloc[parent], moment, rng)
    export = np.maximum(day, 0)
    block.emit("crm/contacts", rows, day=export)
    record = {"person": people.index[parent], "source": "crm/contacts"}
    block.truth("records", pd.DataFrame(record | {"record_key": rows["contact_id"]}), day=export)


def _described(
    block: Block, who: pd.DataFrame, own: pd.DataFrame, moment: Ints, rng: np.random.Generator
) -> pd.DataFrame:
    count, slips = len(who), block.settings.preset.typo_share
    place = block.reference.places.iloc[who["place"].to_numpy()]
    country = who["country_code"].to_numpy(dtype=object)
    has_account = (own["account_since"] <= moment).to_numpy()
    rows = pd.DataFrame(
        {
            "contact_id": block.ids("T", count),
            "customer_id": known(has_account, own["customer_id"]),
            "is_prospect": who["is_prospect"].to_numpy() | (moment < 0),
            "kind": np.array(KINDS, dtype=object)[pick(rng, KIND_WEIGHTS, count)],
            "category": rng.choice(np.array(CATEGORIES, dtype=object), count),
            "quantity": 1 + rng.poisson(0.3, count),
            "email": own["email"].to_numpy(dtype=object),
            "phone": typed_phones(own["phone"].to_numpy(dtype=object), country, rng),
            "first_name": who["first_name"].to_numpy(dtype=object),
            "last_name": who["last_name"].to_numpy(dtype=object),
            "postcode": place["postcode"].to_numpy(dtype=object),
            "city": place["city"].to_numpy(dtype=object),
            "country_code": country,
            "language": who["language"].to_numpy(dtype=object),
            "lead_source": np.array(LEAD_SOURCES, dtype=object)[pick(rng, LEAD_WEIGHTS, count)],
            "created_at": block.at(0, moment),
            "updated_at": block.at(0, moment),
        }
    )
    for name in ("email", "last_name"):
        typed = rows[name].to_numpy(dtype=object)
        rows[name] = with_typing_errors(typed, rng.random(count) < slips, rng)
    for name, share in KNOWN_SHARES.items():
        rows[name] = rows[name].where(rng.random(count) < share, None)
    return rows
