"""Store cards and gift cards: their holders, balances and fees at the end of each month."""

from __future__ import annotations

import numpy as np
import pandas as pd

from simulation.block import Block, numbered
from simulation.channels.calendar import dates, month_ends
from simulation.channels.customers.records import NEVER, RECORDS, SECONDS
from simulation.channels.money import EURO_RATES
from simulation.vocabulary import CURRENCIES

# Share of account holders, and number range of the accounts.
PRODUCTS = {"store_card": (0.1, 0), "gift_card": (0.08, 50_000_000)}
JOINT_SHARE = 0.3  # of the store cards of those whose partner has an account too
KEEPING_FEE, LATE_FEE, LATE_SHARE = 1.0, 7.5, 0.07
STATE, SEEN = "holdings.accounts", "holdings.people"


def keep_holdings(block: Block) -> None:
    """One snapshot of all open accounts at the end of each month."""
    people = block.people.frame.iloc[block.memory.get(SEEN, 0) :]
    block.memory[SEEN] = len(block.people)
    opened = [_opened(block, people, product) for product in PRODUCTS]
    accounts = pd.concat([block.memory.get(STATE, pd.DataFrame()), *opened], ignore_index=True)
    rng = block.rng("holdings")
    for day in month_ends(block):
        accounts["balance"] = _moved(accounts, rng)
        _emit(block, accounts[accounts["opened"] // SECONDS <= day], int(day), rng)
    block.memory[STATE] = accounts


def _opened(block: Block, people: pd.DataFrame, product: str) -> pd.DataFrame:
    share, range_start = PRODUCTS[product]
    rng = block.rng(f"holdings.{product}")
    records = block.memory[RECORDS].loc[people.index]
    since = records["account_since"].to_numpy()
    chosen = (since < NEVER) & (rng.random(len(people)) < share)
    who = people[chosen]
    accounts = pd.DataFrame(
        {
            "account_number": numbered("HA", range_start + who.index.to_numpy(), 8),
            "product": product,
            "person": who.index,
            "customer_id": records["customer_id"].to_numpy(dtype=object)[chosen],
            "currency": who["country_code"].map(CURRENCIES).to_numpy(dtype=object),
            "opened": since[chosen] + rng.integers(3600, 300 * SECONDS, len(who)),
            "level": 60 * np.exp(rng.normal(0, 0.6, len(who)) + who["income"].to_numpy()),
            "balance": 0.0,
        }
    )
    record = accounts[["person"]].assign(
        source="holdings/balances", record_key=accounts["account_number"]
    )
    block.truth("records", record, day=np.maximum(accounts["opened"] // SECONDS, 0))
    _emit_holders(block, people, accounts, product)
    return accounts


def _emit_holders(block: Block, people: pd.DataFrame, accounts: pd.DataFrame, product: str) -> None:
    """Whose each account is; some store cards have the partner as their second holder."""
    rng = block.rng(f"holdings.holders.{product}")
    records = block.memory[RECORDS].loc[people.index]
    partner = accounts["person"].map(_partners(people)).fillna(-1).astype(int).to_numpy()
    theirs = records.reindex(partner)
    since = theirs["account_since"].fillna(NEVER).to_numpy()
    is_joint = (product == "store_card") & (since < NEVER)
    is_joint &= rng.random(len(accounts)) < JOINT_SHARE
    second = accounts[is_joint].assign(
        role="second",
        customer_id=theirs["customer_id"].to_numpy(dtype=object)[is_joint],
        opened=np.maximum(accounts["opened"].to_numpy(), since)[is_joint],
    )
    rows = pd.concat([accounts.assign(role="first"), second], ignore_index=True)
    day = (rows["opened"] // SECONDS).to_numpy(dtype=np.int64)
    held = rows[["account_number", "customer_id", "role"]].assign(
        valid_from=dates(block, day), updated_at=block.at(0, rows["opened"])
    )
    block.emit("holdings/holders", held, day=np.maximum(day, 0))


def _partners(people: pd.DataFrame) -> pd.Series:
    """The other one of each household of two, by person."""
    members = people.index.to_series()[people["household"] >= 0]
    household = people.loc[members.index, "household"]
    homes = members.groupby(household)
    size, total = homes.transform("size"), homes.transform("sum")
    partner: pd.Series = (total - members)[size == 2]
    return partner


def _moved(accounts: pd.DataFrame, rng: np.random.Generator) -> np.ndarray:
    """A month later: cards are owed on and paid back, gift cards are spent and topped up."""
    count = len(accounts)
    before, level = accounts["balance"].to_numpy(), accounts["level"].to_numpy()
    owed = 0.6 * before - 0.4 * level * rng.gamma(1.2, 1.0, count)
    top_up = rng.choice([25.0, 50.0, 100.0], count) * (rng.random(count) < 0.12)
    held = before * rng.choice([1.0, 0.5, 0.0], count, p=[0.6, 0.25, 0.15]) + top_up
    return np.where(accounts["product"] == "store_card", owed, held)


def _emit(block: Block, accounts: pd.DataFrame, day: int, rng: np.random.Generator) -> None:
    rate = accounts["currency"].map(EURO_RATES).to_numpy(dtype=float)
    key = accounts[["account_number", "product", "customer_id", "currency"]].assign(
        snapshot_date=dates(block, np.full(len(accounts), day))
    )
    days = np.full(len(accounts), day)
    balance = np.round(accounts["balance"].to_numpy() / rate, 2)
    block.emit("holdings/balances", key.assign(balance_amount=balance), day=days)
    owes = (accounts["product"] == "store_card").to_numpy()
    is_late = owes & (rng.random(len(accounts)) < LATE_SHARE)
    for name, amount, chosen in (
        ("account_keeping", KEEPING_FEE, owes),
        ("late_payment", LATE_FEE, is_late),
    ):
        fee = np.round(amount / rate[chosen], 2)
        charged = key[chosen].assign(fee_type=name, fee_amount=fee)
        block.emit("holdings/fees", charged, day=days[chosen])
