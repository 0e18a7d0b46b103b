"""What is in quarantine: rows of loaded deliveries, and deliveries refused whole."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import duckdb

from orchestration.errors import ConfigurationError
from orchestration.sql import identifier

UNREADABLE = "unreadable line"
PLACE = (
    f"bad._delivery_id || ':' || case when starts_with(bad.reason, '{UNREADABLE}') then 'L' else ''"
    " end || bad._row_number"
)
ROW_ID = f"{PLACE} || ':' || left(md5(coalesce(bad.raw_text, '')), 8)"
DELIVERIES = """
    select
        contract, delivery_id, file_name, received_at, status = 'quarantined', rows_delivered,
        rows_quarantined, reason_code, reason,
        status = 'quarantined' and delivery_id not in (
            select delivery_id from quality.open_refusals
        )
    from quality.deliveries
    where status = 'quarantined' or (status = 'loaded' and rows_quarantined > 0)
    order by contract, received_at, file_name, delivery_id
"""


@dataclass
class Quarantined:
    """One delivery of which something, or everything, was set aside."""

    contract: str
    delivery_id: str
    file_name: str
    received_at: dt.datetime | None
    is_whole: bool
    rows_delivered: int
    rows_quarantined: int
    reason_code: str | None
    reason: str | None
    is_made_good: bool
    reasons: dict[str, int] = field(default_factory=dict)

    @property
    def table(self) -> str:
        """Name of its raw and quarantine tables."""
        return self.contract.replace("/", "_", 1)


@dataclass(frozen=True)
class BadRow:
    """One quarantined row as it was delivered."""

    contract: str
    delivery_id: str
    row_id: str
    row_number: int
    reason: str
    raw_text: str | None

    @property
    def values(self) -> dict[str, Any]:
        """Its values by column; none where it was no record."""
        try:
            found = json.loads(self.raw_text or "")
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}


def quarantined(
    connection: duckdb.DuckDBPyConnection, target: str | None = None
) -> list[Quarantined]:
    """What is in quarantine, of everything or of one contract or delivery, with its reasons."""
    found = [Quarantined(*row) for row in connection.execute(DELIVERIES).fetchall()]
    found = _matching(connection, found, target)
    reasons: dict[str, Counter[str]] = {}
    for table in sorted({item.table for item in found if not item.is_whole}):
        rows = connection.execute(
            "select _delivery_id, reason, count(*)"
            f" from quarantine.{identifier(table)} group by all"
        ).fetchall()
        for delivery_id, reason, count in rows:
            reasons.setdefault(delivery_id, Counter())[reason] += count
    for item in found:
        counts = reasons.get(item.delivery_id, Counter({item.reason or "": item.rows_quarantined}))
        item.reasons = dict(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))
    return found


def _matching(
    connection: duckdb.DuckDBPyConnection, found: list[Quarantined], target: str | None
) -> list[Quarantined]:
    if target is None:
        return found
    chosen = [item for item in found if target in (item.contract, item.delivery_id)]
    if not chosen and not _is_known(connection, target):
        raise ConfigurationError(
            f"There is no delivery and no contract {target}: `rapport quarantine list` shows what"
            " is in quarantine."
        )
    return chosen


def _is_known(connection: duckdb.DuckDBPyConnection, target: str) -> bool:
    row = connection.execute(
        "select 1 where $1 in (select contract from quality.deliveries"
        " union all select delivery_id from quality.deliveries)"
        " or replace($1, '/', '_') in (select table_name from duckdb_tables()"
        " where schema_name = 'raw')",
        [target],
    ).fetchone()
    return row is not None


def bad_rows(
    connection: duckdb.DuckDBPyConnection,
    deliveries: Sequence[Quarantined],
    limit: int | None = None,
) -> Iterator[BadRow]:
    """The quarantined rows of deliveries, in the order of each file."""
    by_table: dict[str, list[Quarantined]] = {}
    for item in deliveries:
        if not item.is_whole:
            by_table.setdefault(item.table, []).append(item)
    left = limit
    for table, items in by_table.items():
        cursor = connection.execute(
            f"select $1, bad._delivery_id, {ROW_ID}, bad._row_number, bad.reason, bad.raw_text"
            f" from quarantine.{identifier(table)} as bad"
            " where bad._delivery_id in (select unnest($2))"
            " order by bad._received_at, bad._delivery_id, bad._row_number, bad.raw_text"
            + ("" if left is None else f" limit {left}"),
            [items[0].contract, [item.delivery_id for item in items]],
        )
        rows = cursor.fetchall()
        left = None if left is None else left - len(rows)
        yield from (BadRow(*row) for row in rows)
