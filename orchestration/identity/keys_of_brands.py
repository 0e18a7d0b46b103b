"""Addresses and numbers by brand: whose a key is for a touch of one brand.

An address by itself has no brand, its holders do. Where not all of them agreed to be known across
brands, it leads to the holder in the brand of the touch: the ledger has it as
`within:<brand>:<key>`, beside the plain key, and for a touch of any other brand it is nobody's.
"""

from __future__ import annotations

import duckdb

from orchestration.identity.keys import (
    is_record,
    is_strong,
    is_within_brand,
    plain_key,
    within_brand,
)
from orchestration.sql import literal

DEFAULT_BRAND = "main"  # as dbt's var default_brand
# A touch that names no brand is of the default brand; where that has no customers of its own, it
# says nothing of the brand, and every holder may be meant.
BRANDS = f"""
    from identity.brands
    union
    select identity_key, {literal(DEFAULT_BRAND)} from identity.brands
    where {literal(DEFAULT_BRAND)} not in (select brand_id from identity.brands)
"""


def ties_within_brands(ties: str) -> str:
    """SQL for ties to what has no brand of its own, once more to the key of the holder's brand."""
    return f"""
        select ties.* replace ({within_brand("brands.brand_id", "ties.to_key")} as to_key)
        from {ties} as ties
        inner join ({BRANDS}) as brands on ties.from_key = brands.identity_key
        where not {is_strong("ties.to_key")} and not {is_record("ties.to_key")}
    """


def keep_keys_of_brands(connection: duckdb.DuckDBPyConnection) -> None:
    """Take out of `_resolved` the keys of a brand that say no more than the plain key.

    That is where the plain key is a customer's who agreed to be known across brands, or of whom no
    brand is known, and no brand has another holder.
    """
    if not connection.execute("from identity.brands limit 1").fetchall():
        return
    connection.execute(
        f"""
        create or replace temp table _open_keys as
        with agreed as (
            select
                resolved.label,
                coalesce(bool_and(consents.is_granted), false)
                or count(brands.brand_id) = 0 as is_agreed
            from _resolved as resolved
            left join identity.brands as brands using (identity_key)
            left join identity.brand_consents as consents using (identity_key)
            group by resolved.label
        )
        select plain.identity_key
        from _resolved as plain
        inner join agreed using (label)
        inner join _resolved as within
            on plain.identity_key = {plain_key("within.identity_key")}
        where {is_within_brand("within.identity_key")}
        group by plain.identity_key
        having bool_and(agreed.is_agreed and plain.label = within.label)
        """
    )
    connection.execute(
        f"delete from _resolved where {is_within_brand('identity_key')}"
        f" and {plain_key('identity_key')} in (from _open_keys)"
    )
