"""What pairs are blocked on: every compared column, and parts of it that a typo may leave whole."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from orchestration.linkage.records import RECORDS
from orchestration.sql import identifier

KEYS = "linkage_keys"
PARTS = {
    "first_name_start": ("first_name", "left({}, 3)"),
    "last_name_start": ("last_name", "left({}, 4)"),
    "birth_year": ("birth_date", "left({}, 4)"),
    "birth_day": ("birth_date", "substr({}, 5)"),
    "postcode_start": ("postcode", "left({}, 4)"),
}


def key_names(columns: Sequence[str]) -> list[str]:
    """The blocking keys of these compared columns."""
    return [*columns, *(name for name, (column, _) in PARTS.items() if column in columns)]


def key_column(name: str) -> str:
    """The compared column that a key is taken from."""
    return PARTS[name][0] if name in PARTS else name


def key_sql(name: str, prefix: str = "") -> str:
    """A key as SQL over a compared column."""
    column, template = PARTS.get(name, (name, "{}"))
    return template.format(f"{prefix}{identifier(column)}")


def write_keys(bench: duckdb.DuckDBPyConnection, names: Sequence[str]) -> None:
    """Write `linkage_keys`: the keys of every record, as numbers that are quick to count."""
    hashed = [
        f"case when {key_sql(name)} <> '' then hash({key_sql(name)}) end as {identifier(name)}"
        for name in names
    ]
    bench.execute(
        f"create or replace table {KEYS} as"
        f" select record_no, entity_id, {', '.join(hashed)} from {RECORDS} order by record_no"
    )
