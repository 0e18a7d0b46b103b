"""Accounts, loyalty cards, consents and contacts: what the company holds about people."""

from __future__ import annotations

import pandas as pd

from simulation.block import Block
from simulation.channels import blanks
from simulation.channels.customers.accounts import emit_accounts
from simulation.channels.customers.cards import emit_cards
from simulation.channels.customers.companies import emit_company_contacts
from simulation.channels.customers.consents import decide_consents, emit_consents
from simulation.channels.customers.contacts import emit_contacts
from simulation.channels.customers.households import emit_households, find_households
from simulation.channels.customers.profiles import emit_handles, emit_preferences, invent_handles
from simulation.channels.customers.records import NEVER, RECORDS, SECONDS, invent_records

__all__ = ["NEVER", "SECONDS", "simulate"]
HANDLES = "customers.handles"
MARKETING = {"mail": "marketing_email", "sms": "marketing_sms", "post": "marketing_post"}


def simulate(block: Block) -> None:
    """Leave `accounts` and `handles`.

    accounts: one row per person, by person index: customer_id, second_id (a second account of the
    same person), loyalty_id, email, second_email, phone; home_store, favourite_category (indexes,
    the latter into the categories in the order of the products); and moments: account_since,
    second_since, card_since, tied_since (the card tied to the account), mail_from, mail_until,
    sms_from, ... post_until (consent to marketing). A moment is in whole seconds since the
    company's start, `NEVER` where it does not come. An identifier that does not exist before the
    end of the block is null.
    handles: person, network, handle, linked_since.
    """
    known = block.memory.get(RECORDS, pd.DataFrame())
    people = block.people.frame.iloc[len(known) :]
    if len(people):
        known = pd.concat([known, _welcome(block, people)])
        block.memory[RECORDS] = known
    block.facts["accounts"] = _as_of_end(block, known)
    block.facts["handles"] = block.memory[HANDLES]


def _welcome(block: Block, people: pd.DataFrame) -> pd.DataFrame:
    """Open the records of newcomers, and tell the rest of their story with its later days."""
    records = invent_records(block, people)
    consents = decide_consents(block, records)
    for name, purpose in MARKETING.items():
        own = consents[(consents["purpose"] == purpose) & ~consents["is_second"]]
        records[f"{name}_from"] = _first_of(own, "granted", records, at_least=None)
        records[f"{name}_until"] = _first_of(own, "withdrawn", records, at_least=f"{name}_from")
    households = find_households(block, people, records)
    emit_accounts(block, people, records, consents, households)
    emit_cards(block, people, records)
    emit_consents(block, records, consents)
    emit_preferences(block, people, records)
    emit_households(block, households)
    emit_company_contacts(block, people, records)
    emit_contacts(block, people, records)
    handles = emit_handles(block, records, invent_handles(block, people, records))
    block.memory[HANDLES] = pd.concat(
        [block.memory.get(HANDLES, handles.iloc[:0]), handles], ignore_index=True
    )
    return records


def _first_of(
    consents: pd.DataFrame, status: str, records: pd.DataFrame, at_least: str | None
) -> pd.Series:
    """The first moment at which each person's consent took a status, after another moment."""
    moments = consents.loc[consents["status"] == status, ["person", "moment"]]
    if at_least is not None:
        bound = records[at_least].reindex(moments["person"]).to_numpy()
        moments = moments[moments["moment"].to_numpy() >= bound]
    first = moments.groupby("person")["moment"].min()
    return first.reindex(records.index).fillna(NEVER).astype("int64")


def _as_of_end(block: Block, records: pd.DataFrame) -> pd.DataFrame:
    """The records without identifiers that are given later than in this block."""
    known = records.copy()
    end = block.end_day * SECONDS
    for name, since in (
        ("customer_id", "account_since"),
        ("second_id", "second_since"),
        ("loyalty_id", "card_since"),
    ):
        is_given = records[since].to_numpy() < end
        given = blanks.known(is_given, records[name])
        known[name] = pd.Series(given, index=records.index, dtype=object)
    return known
