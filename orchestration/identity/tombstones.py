"""What is left of the erased: hashes that only who has the workspace's secret can compute."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence

import duckdb

from orchestration.identity.overrides import Override
from orchestration.identity.touch import touch

ERASE = "erase"
TOMBSTONE = "erased:"
# told apart from the numbers of customers, which are hashes of keys too
SALT = "erased|"
TOMBSTONES = f"(select identity_key from identity.events where kind = '{ERASE}')"
BLOCK_BYTES, INNER, OUTER = 64, 0x36, 0x5C
# every table of what is known of persons, with the columns that hold their keys
KEYED_TABLES = {
    "sightings": ("identity_key",),
    "evidence": ("from_key", "to_key"),
    "profiles": ("identity_key",),
    "entities": ("identity_key", "entity_id", "numbered_id"),
    "scored_pairs": ("record_a", "record_b"),
    "linked_pairs": ("record_a", "record_b"),
    "overrides": ("identity_key", "other_identity_key"),
    "contact_keys": ("identity_key",),
    "brands": ("identity_key",),
    "brand_consents": ("identity_key",),
    "hubs": ("identity_key",),
    "nodes": ("identity_key",),
    "changes": ("identity_key",),
    "customer_keys": ("identity_key",),
    "memberships": ("member_key",),
    "group_ties": ("member_key",),
    "homes": ("member_key",),
    "group_members": ("member_key",),
    "moved_keys": ("identity_key",),
}


def keyed_hash(value: str) -> str:
    """SQL for the HMAC-SHA256 of a text as hex digits; its parameters are those of `pads`."""
    return f"sha256($outer_pad || unhex(sha256($inner_pad || encode({value}))))"


def pads(secret: bytes) -> dict[str, bytes]:
    """The parameters of `keyed_hash`: bound, so that no error message can quote them."""
    short = hashlib.sha256(secret).digest() if len(secret) > BLOCK_BYTES else secret
    key = short.ljust(BLOCK_BYTES, b"\0")
    return {
        name: bytes(byte ^ pad for byte in key)
        for name, pad in (("inner_pad", INNER), ("outer_pad", OUTER))
    }


def tombstone_of(key: str) -> str:
    """SQL for the tombstone of a key; its parameters are those of `pads`."""
    salted = f"'{SALT}' || {key}"
    return f"'{TOMBSTONE}' || {keyed_hash(salted)}"


def tombstone(secret: bytes, key: str) -> str:
    """The tombstone of one key."""
    return TOMBSTONE + hmac.digest(secret, (SALT + key).encode(), "sha256").hex()


def has_tombstones(connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether anybody was ever erased."""
    return bool(connection.execute(f"from {TOMBSTONES} limit 1").fetchall())


def keep_out_erased(connection: duckdb.DuckDBPyConnection, secret: bytes) -> None:
    """Forget what new deliveries tell of the erased, and touch what erasures have left."""
    touch(connection, "from identity.pending")
    connection.execute("delete from identity.pending")
    if not has_tombstones(connection):
        return
    new = "where delivery_id in (select delivery_id from _new_deliveries)"
    connection.execute(
        f"""
        create or replace temp table _erased as
        select identity_key from (
            select identity_key from identity.sightings {new}
            union
            select unnest([from_key, to_key]) from identity.evidence {new}
            union
            select identity_key from identity.profiles {new}
        )
        where {tombstone_of("identity_key")} in {TOMBSTONES}
        """,
        pads(secret),
    )
    forget_keys(connection)


def forget_keys(connection: duckdb.DuckDBPyConnection) -> None:
    """Remove the keys of `_erased` from all that is known of persons; `erased_keys` keeps them.

    It holds them only while raw holds their records, so that models count these as nobody's.
    """
    for table, columns in KEYED_TABLES.items():
        condition = " or ".join(f"{column} in (from _erased)" for column in columns)
        connection.execute(f"delete from identity.{table} where {condition}")
    connection.execute(
        "insert into identity.erased_keys from _erased where identity_key not in"
        " (from identity.erased_keys)"
    )


def without_erased(
    connection: duckdb.DuckDBPyConnection, overrides: Sequence[Override], secret: bytes
) -> list[Override]:
    """The decisions that name nobody who was erased."""
    if not overrides or not has_tombstones(connection):
        return list(overrides)
    erased = {key for (key,) in connection.execute(f"from {TOMBSTONES}").fetchall()}
    return [item for item in overrides if not erased & {tombstone(secret, k) for k in item.pair}]
