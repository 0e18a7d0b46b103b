"""Preferences, and profiles on social networks."""

from __future__ import annotations

import numpy as np
import pandas as pd

from simulation.block import Block
from simulation.channels.arrays import Ints, Objects, pick
from simulation.channels.customers.contact_data import emails
from simulation.channels.customers.records import NEVER, SECONDS

STATED_SHARE, CHANGED_SHARE, TRUE_STATEMENT_SHARE = 0.35, 0.25, 0.8
FREQUENCIES = ("daily", "weekly", "monthly", "never")
NETWORKS, NETWORK_WEIGHTS = ("instagram", "facebook", "tiktok", "x"), (0.4, 0.3, 0.2, 0.1)
ACTIVE_FROM, LINKED_SHARE = 0.12, 0.45


def emit_preferences(block: Block, people: pd.DataFrame, records: pd.DataFrame) -> None:
    """What some account holders state, soon after they registered, and change later."""
    rng = block.rng("customers.preferences")
    own = records[records["account_since"] < NEVER]
    categories = block.reference.products["category"].unique().astype(object)
    stores = block.reference.stores["store_id"].to_numpy(dtype=object)
    truth = {
        "mail_frequency": (np.array(FREQUENCIES, dtype=object), rng.integers(0, 4, len(own))),
        "favourite_category": (categories, own["favourite_category"].to_numpy()),
        "favourite_store": (stores, own["home_store"].to_numpy()),
    }
    for name, (values, true) in truth.items():
        states = rng.random(len(own)) < STATED_SHARE
        stated = np.where(
            rng.random(len(own)) < TRUE_STATEMENT_SHARE,
            true,
            rng.integers(0, len(values), len(own)),
        )
        moment = own["account_since"].to_numpy() + rng.integers(60, 60 * SECONDS, len(own))
        _emit_preference(block, own[states], name, values[stated[states]], moment[states])
        changes = states & (rng.random(len(own)) < CHANGED_SHARE)
        later = moment + rng.integers(30 * SECONDS, 500 * SECONDS, len(own))
        other = values[rng.integers(0, len(values), len(own))]
        _emit_preference(block, own[changes], name, other[changes], later[changes])


def _emit_preference(
    block: Block, own: pd.DataFrame, name: str, value: Objects, moment: Ints
) -> None:
    at = block.at(0, moment)
    rows = {"customer_id": own["customer_id"], "preference": name, "value": value}
    day = np.maximum(moment // SECONDS, 0)
    block.emit("crm/preferences", rows | {"set_at": at, "updated_at": at}, day=day)


def invent_handles(block: Block, people: pd.DataFrame, records: pd.DataFrame) -> pd.DataFrame:
    """The public name of everyone who takes part in a network, and when it was linked, if ever."""
    rng = block.rng("customers.handles")
    active = people[people["sociability"] > ACTIVE_FROM]
    own, count = records.loc[active.index], len(active)
    network = np.array(NETWORKS, dtype=object)[pick(rng, NETWORK_WEIGHTS, count)]
    name = pd.Series(emails(active, 2), dtype=object).str.split("@").str[0].to_numpy(dtype=object)
    links = (rng.random(count) < LINKED_SHARE) & (own["account_since"] < NEVER).to_numpy()
    moment = own["account_since"].to_numpy() + rng.integers(3600, 300 * SECONDS, count)
    return pd.DataFrame(
        {
            "person": active.index,
            "network": network,
            "handle": name,
            "linked_since": np.where(links, moment, NEVER),
        }
    )


def emit_handles(block: Block, records: pd.DataFrame, handles: pd.DataFrame) -> pd.DataFrame:
    """The linked ones stand in the CRM; the truth knows all."""
    linked = handles[handles["linked_since"] < NEVER]
    moment = linked["linked_since"].to_numpy()
    rows = linked[["network", "handle"]].assign(
        customer_id=records["customer_id"].loc[linked["person"]].to_numpy(dtype=object),
        is_verified=moment % 10 < 8,
        linked_at=block.at(0, moment),
    )
    block.emit("crm/social_handles", rows, day=np.maximum(moment // SECONDS, 0))
    joined = block.people.column("joined_day")[handles["person"]]
    key = handles["network"] + ":" + handles["handle"]
    record = {"person": handles["person"], "source": "crm/social_handles", "record_key": key}
    block.truth("records", pd.DataFrame(record), day=np.maximum(joined, 0))
    return handles
