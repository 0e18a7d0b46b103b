"""Identifiers of newcomers, and when each of them is given."""

from __future__ import annotations

import numpy as np
import pandas as pd

from simulation.block import Block, numbered
from simulation.channels.arrays import Ints, Objects, pick
from simulation.channels.blanks import known
from simulation.channels.customers.contact_data import emails, phones

RECORDS = "customers.records"  # where the block remembers them
SECONDS = 86400
NEVER = 2**40
OPENED_LATER_SHARE, SECOND_ACCOUNT_SHARE = 0.25, 0.06
CARD_LATER_SHARE = 0.3
TIED_AT_ONCE, TIED_EVER = 0.45, 0.8
SHARED_EMAIL_SHARE, SHARED_PHONE_SHARE = 0.4, 0.15
PRIME, FACTOR = 99_999_989, 7_654_321


def invent_records(block: Block, people: pd.DataFrame) -> pd.DataFrame:
    """One row per newcomer; moments are whole seconds since the company's start."""
    rng = block.rng("customers.records")
    person, count = people.index.to_numpy(), len(people)
    joined = people["joined_day"].to_numpy() * SECONDS + rng.integers(0, SECONDS, count)
    records = pd.DataFrame(index=people.index)
    records["account_since"] = _opened(people, joined, rng)
    records["second_since"] = _second_opened(records["account_since"].to_numpy(), rng)
    records["card_since"] = _card_given(people, joined, rng)
    records["tied_since"] = _tied(records, rng)
    records["customer_id"] = _ids("A", 2 * person, records["account_since"])
    records["second_id"] = _ids("A", 2 * person + 1, records["second_since"])
    records["loyalty_id"] = _ids("L", person, records["card_since"])
    records["email"] = _shared(emails(people, 0), people, SHARED_EMAIL_SHARE, rng)
    second = known(records["second_since"] < NEVER, emails(people, 1))
    records["second_email"] = pd.Series(second, index=people.index, dtype=object)
    records["phone"] = _shared(phones(people), people, SHARED_PHONE_SHARE, rng)
    records["home_store"] = home_stores(block, people, rng)
    categories = block.reference.products["category"].nunique()
    records["favourite_category"] = rng.integers(0, categories, count)
    return records


def _opened(people: pd.DataFrame, joined: Ints, rng: np.random.Generator) -> Ints:
    """Most open an account at once, some after having ordered as guests."""
    count = len(people)
    is_later = (rng.random(count) < OPENED_LATER_SHARE) & ~people["is_prospect"].to_numpy()
    wait = np.where(is_later, rng.exponential(40 * SECONDS, count), 0).astype(np.int64)
    return np.where(people["has_account"], joined + wait, NEVER)


def _second_opened(account_since: Ints, rng: np.random.Generator) -> Ints:
    count = len(account_since)
    opens = (rng.random(count) < SECOND_ACCOUNT_SHARE) & (account_since < NEVER)
    later = account_since + rng.integers(20 * SECONDS, 600 * SECONDS, count)
    return np.where(opens, later, NEVER)


def _card_given(people: pd.DataFrame, joined: Ints, rng: np.random.Generator) -> Ints:
    count = len(people)
    wait = rng.integers(0, 200 * SECONDS, count) * (rng.random(count) < CARD_LATER_SHARE)
    # Counters are staffed in the daytime.
    given = (joined + wait) // SECONDS * SECONDS + rng.integers(9 * 3600, 20 * 3600, count)
    return np.where(people["has_card"], given, NEVER)


def _tied(records: pd.DataFrame, rng: np.random.Generator) -> Ints:
    """Cards are tied to accounts at once, later, or never."""
    both = records[["account_since", "card_since"]].max(axis=1).to_numpy()
    draw, count = rng.random(len(both)), len(both)
    wait = np.where(draw < TIED_AT_ONCE, 0, rng.integers(10 * SECONDS, 400 * SECONDS, count))
    return np.where((both < NEVER) & (draw < TIED_EVER), both + wait, NEVER)


def _ids(prefix: str, numbers: Ints, since: pd.Series) -> Objects:
    """Numbers without order or neighbourhood, null for what is never given."""
    ids = numbered(prefix, (numbers * FACTOR + 17) % PRIME, 8)
    return known(since < NEVER, ids)


def _shared(own: Objects, people: pd.DataFrame, share: float, rng: np.random.Generator) -> Objects:
    """Some give the address or telephone of the person they live with."""
    head = people["household"].to_numpy()
    follows = (head >= 0) & (head != people.index.to_numpy()) & (rng.random(len(people)) < share)
    heads = np.clip(head - people.index[0], 0, len(people) - 1)
    return np.where(follows, own[heads], own)


def home_stores(block: Block, people: pd.DataFrame, rng: np.random.Generator) -> Ints:
    """A store of the own region, else of the own country, else any; the larger the likelier."""
    stores, places = block.reference.stores, block.reference.places
    size = stores["size"].to_numpy()
    found = np.full(len(people), -1)
    home = places.iloc[people["place"].to_numpy()]
    for column in ("region", "country_code"):
        names = home[column].to_numpy(dtype=object)
        for name in np.unique(names[found < 0]):
            near = np.flatnonzero(stores[column].to_numpy(dtype=object) == name)
            waiting = np.flatnonzero((found < 0) & (names == name))
            if len(near):
                found[waiting] = near[pick(rng, size[near], len(waiting))]
    nowhere = np.flatnonzero(found < 0)
    found[nowhere] = pick(rng, size, len(nowhere))
    return found
