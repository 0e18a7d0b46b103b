"""Addresses, numbers and names as everybody may see them: a keyed hash of each.

A touch that names no account and no card is known by such a contact alone. The hash stands in the
marts in its place, so that the touches of one contact can be told, and the contact cannot.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import duckdb

from orchestration.contracts import Contract
from orchestration.contracts.identifiers import Contact, contacts_of, identifiers_of
from orchestration.identity.deliveries import find_deliveries
from orchestration.identity.tombstones import TOMBSTONES, keyed_hash, pads, tombstone_of
from orchestration.loading.deliveries import digest
from orchestration.sql import identifier, literal

# told apart from the numbers of customers, which are hashes of keys too
SALT = "contact|"
HEX_DIGITS = 20
READ, SUBJECT = "identity.contact_deliveries", "contacts"
NEW = f"_new_{SUBJECT}"


class _Reading:
    """Where a contract knows somebody by a contact alone."""

    def __init__(self, contract: Contract) -> None:
        self.contract = contract

    @cached_property
    def selects(self) -> list[str]:
        """Selects of the keys in the rows of new deliveries."""
        own = [identifier(i.column) for i in identifiers_of(self.contract) if i.is_strong]
        unknown = f" and coalesce({', '.join(own)}) is null" if own else ""
        return [
            f"select {key} as identity_key from raw.{identifier(self.contract.table)}"
            f" where {key} is not null{unknown}"
            f" and _delivery_id in (select delivery_id from {NEW})"
            for key in map(_key, contacts_of(self.contract))
        ]

    @property
    def version(self) -> str:
        """Changes when the same rows would be read otherwise."""
        return digest(*self.selects)


def _key(contact: Contact) -> str:
    parts = " || ':' || ".join(map(identifier, contact.columns))
    return f"({literal(contact.kind + ':')} || {parts})"


def hash_contacts(
    connection: duckdb.DuckDBPyConnection, contracts: Sequence[Contract], secret: bytes
) -> None:
    """Bring `identity.contact_keys` up to date with raw: every such key, and its hash.

    New deliveries are read alone, all where one was taken back or is read anew. Contacts of erased
    persons have no hash.
    """
    readings = {item.slug: reading for item in contracts if (reading := _Reading(item)).selects}
    versions = {slug: reading.version for slug, reading in readings.items()}
    find_deliveries(connection, versions, READ, SUBJECT)
    if connection.execute(f"from _gone_{SUBJECT} limit 1").fetchall():
        connection.execute("delete from identity.contact_keys")
        connection.execute(f"delete from {READ}")
        connection.execute(f"create or replace temp table {NEW} as from _in_force")
    due = connection.execute(f"select distinct contract from {NEW} order by 1").fetchall()
    selects = [select for (slug,) in due for select in readings[slug].selects]
    if selects:
        _add_hashes(connection, " union all ".join(selects), secret)
        connection.execute(f"insert into {READ} from {NEW}")


def _add_hashes(connection: duckdb.DuckDBPyConnection, select: str, secret: bytes) -> None:
    salted = f"'{SALT}' || identity_key"
    connection.execute(
        f"""
        insert into identity.contact_keys
        select
            identity_key,
            split_part(identity_key, ':', 1) || '_hash:'
            || left({keyed_hash(salted)}, {HEX_DIGITS})
        from (select distinct identity_key from ({select}))
        where
            identity_key not in (select identity_key from identity.contact_keys)
            and {tombstone_of("identity_key")} not in {TOMBSTONES}
        """,
        pads(secret),
    )
