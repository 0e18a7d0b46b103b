"""CRM accounts and their versions: opened, moved, married, tied to a card, consent changed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from simulation.block import Block
from simulation.channels.arrays import Objects
from simulation.channels.customers.contact_data import (
    streets,
    typed_phones,
    with_typing_errors,
)
from simulation.channels.customers.records import NEVER, SECONDS

MOVES_A_YEAR, MARRIAGES_A_YEAR, MOVE_TOLD_SHARE = 0.08, 0.02, 0.75
LONGEST_STORY = 3650 * SECONDS
CARD_IN_CRM_SHARE = 0.6
KNOWN_SHARES = {
    "phone": 0.75, "birth_date": 0.7, "gender": 0.85, "street": 0.92, "household_size": 0.4,
    "household_income_band": 0.3, "marital_status": 0.35, "home_ownership": 0.3,
}  # fmt: skip
INCOME_BANDS = ("under 20K", "20-35K", "35-50K", "50-75K", "75K+")
HOUSEHOLD_SHARES = (0.28, 0.33, 0.17, 0.15, 0.07)


def emit_accounts(
    block: Block,
    people: pd.DataFrame,
    records: pd.DataFrame,
    consents: pd.DataFrame,
    households: pd.DataFrame,
) -> None:
    """Every version of every account of newcomers, on the day on which the CRM changed it."""
    rng = block.rng("customers.accounts")
    opened = _opened(block, people, records, rng)
    changes = [
        opened,
        _moved(block, opened, rng),
        _married(people, opened, rng),
        _tied(records, opened, rng),
        _consented(consents, opened),
        _housed(households, opened),
    ]
    versions = pd.concat(changes).sort_values(["account", "moment"], kind="stable")
    facts = versions.columns.difference(["account", "moment"])
    versions[facts] = versions.groupby("account")[list(facts)].ffill()
    _emit(block, versions)


def _opened(
    block: Block, people: pd.DataFrame, records: pd.DataFrame, rng: np.random.Generator
) -> pd.DataFrame:
    """One row per account as opened: `account` numbers them, the second of a person apart."""
    first = records[records["account_since"] < NEVER]
    second = records[records["second_since"] < NEVER]
    person = np.concatenate([first.index, second.index])
    is_second = np.arange(len(person)) >= len(first)
    who = people.loc[person]
    email = np.concatenate([first["email"].to_numpy(object), second["second_email"].to_numpy()])
    moment = np.concatenate([first["account_since"], second["second_since"]])
    account = pd.DataFrame(
        {
            "account": np.arange(len(person)),
            "moment": moment,
            "created": moment,
            "person": person,
            "is_second": is_second,
            "customer_id": np.concatenate([first["customer_id"], second["second_id"]]),
            "language": who["language"].to_numpy(dtype=object),
            "birth_date": who["birth_date"].to_numpy(),
            **_names_and_addresses(block, who, email, records.loc[person], rng),
        }
    )
    return _with_gaps(_with_household(account, who, rng), rng)


def _names_and_addresses(
    block: Block, who: pd.DataFrame, email: Objects, own: pd.DataFrame, rng: np.random.Generator
) -> dict[str, Any]:
    count, country = len(who), who["country_code"].to_numpy(dtype=object)
    slips = block.settings.preset.typo_share / 3
    place = block.reference.places.iloc[who["place"].to_numpy()]
    head = who["household"].to_numpy()
    is_shared = own["email"].duplicated().to_numpy() & (head >= 0)
    names = {
        name: with_typing_errors(who[name].to_numpy(dtype=object), rng.random(count) < slips, rng)
        for name in ("first_name", "last_name")
    }
    return names | {
        "email": with_typing_errors(email, rng.random(count) < slips, rng),
        "is_email_verified": (rng.random(count) < 0.85) & ~is_shared,
        "phone": typed_phones(own["phone"].to_numpy(dtype=object), country, rng),
        "gender": who["gender"].to_numpy(dtype=object),
        "street": _home_streets(who, rng),
        **{
            name: place[name].to_numpy(dtype=object)
            for name in ("postcode", "city", "region", "country_code")
        },
    }


def _home_streets(who: pd.DataFrame, rng: np.random.Generator) -> Objects:
    """One home for all accounts of a person, and for a household."""
    head = who["household"].to_numpy()
    home = np.where(head >= 0, head, who.index.to_numpy())
    _, first, which = np.unique(home, return_index=True, return_inverse=True)
    written = streets(who["country_code"].to_numpy(dtype=object)[first], rng)
    found: Objects = written[which]
    return found


def _with_household(
    account: pd.DataFrame, who: pd.DataFrame, rng: np.random.Generator
) -> pd.DataFrame:
    count, income = len(who), who["income"].to_numpy()
    band = np.clip((income * 5 + rng.normal(0, 0.5, count)).astype(int), 0, 4)
    size = 1 + rng.choice(5, count, p=HOUSEHOLD_SHARES)
    account["household_income_band"] = np.array(INCOME_BANDS, dtype=object)[band]
    account["household_size"] = np.array(["1", "2", "3", "4", "5+"], dtype=object)[size - 1]
    statuses = np.array(["single", "married", "divorced", "widowed"], dtype=object)
    account["marital_status"] = rng.choice(statuses, count, p=[0.42, 0.43, 0.11, 0.04])
    is_owner = rng.random(count) < 0.3 + 0.5 * income
    account["home_ownership"] = np.where(is_owner, "owned", "rented").astype(object)
    return account


def _with_gaps(account: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """What people leave out when they register."""
    for name, share in KNOWN_SHARES.items():
        is_known = rng.random(len(account)) < share
        account[name] = account[name].where(is_known, None)
    return account


def _later(
    opened: pd.DataFrame, yearly: float, chosen: Any, rng: np.random.Generator
) -> tuple[pd.DataFrame, pd.Series]:
    """Accounts that something happens to, and when: exponential from the opening on."""
    wait = rng.exponential(365 * SECONDS / yearly, len(opened)).astype(np.int64)
    happens = (wait < LONGEST_STORY) & chosen
    return opened[happens], opened["moment"][happens] + wait[happens]


def _moved(block: Block, opened: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """People move within their country; a quarter of them never tell the shop."""
    told = rng.random(len(opened)) < MOVE_TOLD_SHARE
    movers, moment = _later(opened, MOVES_A_YEAR, told, rng)
    places, country = block.reference.places, movers["country_code"].to_numpy(dtype=object)
    target = np.zeros(len(movers), dtype=np.int64)
    for code in pd.unique(country):
        near = np.flatnonzero(places["country_code"].to_numpy(dtype=object) == code)
        target[country == code] = rng.choice(near, int((country == code).sum()))
    moved = pd.DataFrame({"account": movers["account"], "moment": moment})
    moved["street"] = streets(country, rng)
    for name in ("postcode", "city", "region"):
        moved[name] = places[name].to_numpy(dtype=object)[target]
    truth = movers[["person", "customer_id"]].assign(to_place=target)
    block.truth("moves", truth, day=np.maximum(moment.to_numpy() // SECONDS, 0))
    return moved


def _married(people: pd.DataFrame, opened: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """A new family name; the e-mail address keeps the old one."""
    may = (people["gender"].loc[opened["person"]] == "f").to_numpy()
    brides, moment = _later(opened, MARRIAGES_A_YEAR, may, rng)
    country = people["country_code"].loc[brides["person"]].to_numpy(dtype=object)
    names = np.empty(len(brides), dtype=object)
    for code in pd.unique(country):
        own = people.loc[people["country_code"] == code, "last_name"].to_numpy(dtype=object)
        names[country == code] = rng.choice(own, int((country == code).sum()))
    return pd.DataFrame({"account": brides["account"], "moment": moment, "last_name": names})


def _tied(records: pd.DataFrame, opened: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """The CRM learns of most cards, when they are tied to the first account."""
    own = records.loc[opened["person"]]
    tied = own["tied_since"].to_numpy()
    learns = (rng.random(len(opened)) < CARD_IN_CRM_SHARE) & (tied < NEVER)
    learns &= ~opened["is_second"].to_numpy()
    return pd.DataFrame(
        {
            "account": opened["account"].to_numpy()[learns],
            "moment": tied[learns],
            "loyalty_id": own["loyalty_id"].to_numpy(dtype=object)[learns],
        }
    )


def _consented(consents: pd.DataFrame, opened: pd.DataFrame) -> pd.DataFrame:
    """The CRM's own flag follows the register's consent to marketing e-mail."""
    marketing = consents[consents["purpose"] == "marketing_email"]
    keyed = marketing.merge(opened[["person", "is_second", "account"]], on=["person", "is_second"])
    return pd.DataFrame(
        {
            "account": keyed["account"],
            "moment": keyed["moment"],
            "has_marketing_consent": (keyed["status"] == "granted").astype(object),
        }
    )


def _housed(households: pd.DataFrame, opened: pd.DataFrame) -> pd.DataFrame:
    """A first account learns its household when the last of its members has one."""
    first = opened.loc[~opened["is_second"], ["person", "account"]].set_index("person")
    return households[["moment", "household_id"]].join(first, how="inner")


def _emit(block: Block, versions: pd.DataFrame) -> None:
    """Of several changes at one moment, and of all before the first day, the last version."""
    export_second = np.maximum(versions["moment"], 0)
    is_last = ~pd.DataFrame({"a": versions["account"], "s": export_second}).duplicated(keep="last")
    kept = versions[is_last.to_numpy()]
    day = np.maximum(kept["moment"].to_numpy() // SECONDS, 0)
    columns = kept.drop(columns=["account", "moment", "person", "is_second", "created"])
    block.emit(
        "crm/customers",
        columns.assign(
            created_at=block.at(0, kept["created"]), updated_at=block.at(0, kept["moment"])
        ),
        day=day,
    )
    first = ~kept["account"].duplicated().to_numpy()
    record = pd.DataFrame(
        {
            "person": kept["person"].to_numpy()[first].astype(np.int64),
            "source": "crm/customers",
            "record_key": kept["customer_id"].to_numpy(dtype=object)[first],
        }
    )
    block.truth("records", record, day=day[first])
