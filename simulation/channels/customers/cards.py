"""Loyalty cards: the application typed at the counter, tied to an account or not."""

from __future__ import annotations

import numpy as np
import pandas as pd

from simulation.block import Block
from simulation.channels.arrays import Objects
from simulation.channels.blanks import known
from simulation.channels.customers.contact_data import typed_phones, with_typing_errors
from simulation.channels.customers.records import NEVER, SECONDS

# Staff who are in a hurry enter the number of the shop's own tablet: one number for each country.
TABLET_NUMBERS = {"GB": "+447000000100", "ES": "+34600000100", "PT": "+351910000100",
                  "HU": "+36200000100"}  # fmt: skip
TABLET_SHARE = 0.1
KNOWN_SHARES = {"email": 0.7, "phone": 0.6, "birth_date": 0.6, "postcode": 0.85}
CLOSED_A_YEAR = 0.015


def emit_cards(block: Block, people: pd.DataFrame, records: pd.DataFrame) -> None:
    """Every version of every membership of newcomers, and the tier that each begins with."""
    rng = block.rng("customers.cards")
    own = records[records["card_since"] < NEVER]
    issued = _applications(block, people.loc[own.index], own, rng)
    given, tied = own["card_since"].to_numpy(), own["tied_since"].to_numpy()
    closed = given + rng.exponential(365 * SECONDS / CLOSED_A_YEAR, len(own)).astype(np.int64)
    closed = np.where(closed < given + 3650 * SECONDS, closed, NEVER)
    for moment in (given, np.where(tied > given, tied, NEVER), closed):
        happens = moment < NEVER
        _emit_versions(block, issued[happens], own[happens], moment[happens], closed[happens])
    day = np.maximum(given // SECONDS, 0)
    start = block.settings.midnight.astype("datetime64[D]")
    tiers = {"loyalty_id": own["loyalty_id"], "valid_from": start + given // SECONDS}
    block.emit("loyalty/tiers", tiers | {"tier": "basic", "reason": "joined"}, day=day)
    record = {"person": own.index, "source": "loyalty/members", "record_key": own["loyalty_id"]}
    block.truth("records", pd.DataFrame(record).reset_index(drop=True), day=day)


def _applications(
    block: Block, who: pd.DataFrame, own: pd.DataFrame, rng: np.random.Generator
) -> pd.DataFrame:
    """What stands on the form: typed by somebody else, with the gaps and slips of that."""
    count, slips = len(who), block.settings.preset.typo_share
    country = who["country_code"].to_numpy(dtype=object)
    place = block.reference.places.iloc[who["place"].to_numpy()]
    form = pd.DataFrame(
        {
            "loyalty_id": own["loyalty_id"].to_numpy(dtype=object),
            "email": own["email"].to_numpy(dtype=object),
            "phone": _phones(own, country, rng),
            "first_name": who["first_name"].to_numpy(dtype=object),
            "last_name": who["last_name"].to_numpy(dtype=object),
            "birth_date": who["birth_date"].to_numpy(),
            "postcode": place["postcode"].to_numpy(dtype=object),
        }
    )
    for name in ("email", "first_name", "last_name"):
        typed = form[name].to_numpy(dtype=object)
        form[name] = with_typing_errors(typed, rng.random(count) < slips, rng)
    for name, share in KNOWN_SHARES.items():
        form[name] = form[name].where(rng.random(count) < share, None)
    stores = block.reference.stores["store_id"].to_numpy(dtype=object)
    is_online = (own["tied_since"] == own["card_since"]).to_numpy() & (rng.random(count) < 0.5)
    form["home_store_id"] = known(~is_online, stores[own["home_store"]])
    return form


def _phones(own: pd.DataFrame, country: Objects, rng: np.random.Generator) -> Objects:
    tablet = pd.Series(country).map(TABLET_NUMBERS).to_numpy(dtype=object)
    number = np.where(rng.random(len(own)) < TABLET_SHARE, tablet, own["phone"])
    return typed_phones(number, country, rng)


def _emit_versions(
    block: Block, issued: pd.DataFrame, own: pd.DataFrame, moment: np.ndarray, closed: np.ndarray
) -> None:
    """The membership as it stands at a moment; before the first day, as it stands then."""
    is_tied = own["tied_since"].to_numpy() <= np.maximum(moment, -1)
    version = issued.assign(
        customer_id=known(is_tied, own["customer_id"]),
        joined_at=block.at(0, own["card_since"]),
        status=np.where(closed <= moment, "closed", "active"),
        updated_at=block.at(0, moment),
    )
    block.emit("loyalty/members", version, day=np.maximum(moment // SECONDS, 0))
