"""Who is who, brought up to date with what a run has loaded."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

import duckdb

from orchestration.config import IdentitySettings
from orchestration.contracts import Contract
from orchestration.contracts.identifiers import BROWSER_KINDS, identifiers_of
from orchestration.identity.brands import take_brands
from orchestration.identity.contacts import hash_contacts
from orchestration.identity.evidence import read_new_deliveries
from orchestration.identity.graph import resolve
from orchestration.identity.groups import update_groups
from orchestration.identity.ledger import Stamp, assign
from orchestration.identity.likely import ModelShelf, find_likely_pairs
from orchestration.identity.numbers import check_secret
from orchestration.identity.overrides import Override, keep_overrides
from orchestration.identity.reach import (
    take_scope,
    touch_everything,
    touch_hubs,
    touch_linked_pairs,
    touch_what_rules_change,
)
from orchestration.identity.tables import create_identity_tables
from orchestration.identity.tombstones import keep_out_erased, without_erased
from orchestration.sql import transaction


def update_identities(
    connection: duckdb.DuckDBPyConnection,
    contracts: Sequence[Contract],
    settings: IdentitySettings,
    overrides: Sequence[Override],
    run_id: str,
    secret: bytes,
    shelf: ModelShelf | None = None,
) -> int:
    """Bring the ledger and the crosswalk up to date; returns how many keys moved.

    What is new in raw, in the decisions of people and in `identity.scored_pairs` is read; only
    the components that it touches are resolved again. With a shelf for its model, linkage first
    brings `identity.scored_pairs` up to date.
    """
    create_identity_tables(connection)
    check_secret(connection, secret)
    with transaction(connection):
        read_new_deliveries(connection, contracts, settings.blocked_values)
        keep_out_erased(connection, secret)
        hash_contacts(connection, contracts, secret)
        keep_overrides(connection, without_erased(connection, overrides, secret))
        take_brands(connection, contracts, settings)
        touch_what_rules_change(connection, settings)
        touch_hubs(connection, settings)
        if shelf is not None:
            find_likely_pairs(connection, settings, shelf)
        touch_linked_pairs(connection, settings)
        stamp = Stamp(run_id, _known_at(connection), secret)
        moved = 0
        if take_scope(connection):
            resolve(connection, settings)
            moved = assign(connection, stamp)
        update_groups(connection, contracts, settings, stamp, moved > 0)
        return moved


def find_shared_browsers(
    connection: duckdb.DuckDBPyConnection, contracts: Iterable[Contract], settings: IdentitySettings
) -> None:
    """Find again which browsers tie nobody, where the ledger was replayed and raw is loaded."""
    create_identity_tables(connection)
    telling = [item for item in contracts if tells_of_browsers(item)]
    read_new_deliveries(connection, telling, settings.blocked_values)
    touch_everything(connection)
    touch_hubs(connection, settings)


def tells_of_browsers(contract: Contract) -> bool:
    """Whether records of a contract say who used a browser or an installed app."""
    return contract.links_identities and any(
        item.kind in BROWSER_KINDS for item in identifiers_of(contract)
    )


def _known_at(connection: duckdb.DuckDBPyConnection) -> dt.datetime | None:
    """Until when everything received is known to the warehouse."""
    sql = "select max(received_at) from quality.deliveries where status = 'loaded'"
    found: dt.datetime | None = connection.execute(sql).fetchall()[0][0]
    return found
