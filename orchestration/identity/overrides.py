"""What people have decided: `config/overrides.csv`, checked against its contract line by line."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass
from functools import cache
from pathlib import Path

import duckdb

from orchestration.contracts import Column, Contract, read_contract
from orchestration.edited_files import edited_rows
from orchestration.errors import ConfigurationError
from orchestration.identity.touch import touch
from orchestration.sql import insert_rows

OVERRIDES_FILE = "overrides.csv"
ALWAYS_LINK, NEVER_LINK, SPLIT = "always_link", "never_link", "split"
ERRORS_SHOWN = 5


@dataclass(frozen=True)
class Override:
    """One decision; `split` has no other key."""

    action: str
    identity_key: str
    other_identity_key: str = ""
    reason: str = ""

    @property
    def pair(self) -> tuple[str, str]:
        """Both keys, in one order whoever wrote them."""
        first, second = sorted((self.identity_key, self.other_identity_key))
        return first, second


@cache
def overrides_contract() -> Contract:
    """The contract of the file."""
    return read_contract(Path(__file__).with_name("overrides.yml"))


def read_overrides(path: Path) -> list[Override]:
    """Every decision of the file; raise ConfigurationError naming each line that is wrong."""
    if not path.exists():
        return []
    names = [column.name for column in overrides_contract().columns]
    lines = edited_rows(path, names[:2], f"its first line must be {','.join(names)}")
    rows = [(line, {name: row.get(name, "") for name in names}) for line, row in lines]
    faults = [f"line {line}: {fault}" for line, row in rows for fault in _faults(row)]
    found = [Override(**row) for _, row in rows]
    faults += _contradictions([line for line, _ in rows], found)
    if faults:
        more = f"; and {len(faults) - ERRORS_SHOWN} more" if len(faults) > ERRORS_SHOWN else ""
        raise ConfigurationError(f"{path.name}, {'; '.join(faults[:ERRORS_SHOWN])}{more}.")
    return found


def write_overrides(path: Path, overrides: Sequence[Override]) -> None:
    """Replace the file by these decisions, whole at every moment."""
    temporary = path.with_suffix(".tmp")
    with temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([column.name for column in overrides_contract().columns])
        writer.writerows(astuple(item) for item in overrides)
    temporary.replace(path)


def keep_overrides(connection: duckdb.DuckDBPyConnection, overrides: Sequence[Override]) -> None:
    """Replace `identity.overrides`; the keys of rows that came or went are added to `touched`.

    The temp table `_changed_overrides` has these rows, `is_new` or taken back.
    """
    connection.execute("create or replace temp table _wanted as from identity.overrides limit 0")
    insert_rows(connection, "_wanted", [astuple(item) for item in dict.fromkeys(overrides)])
    connection.execute(
        """
        create or replace temp table _changed_overrides as
        select *, true as is_new from (from _wanted except from identity.overrides)
        union all
        select *, false from (from identity.overrides except from _wanted)
        """
    )
    if not connection.execute("from _changed_overrides limit 1").fetchall():
        return
    touch(
        connection,
        "select key from (select unnest([identity_key, other_identity_key])"
        " as key from _changed_overrides) where key <> ''",
    )
    touch(
        connection,
        f"""
        with alone as (select identity_key from _changed_overrides where action = '{SPLIT}')
        select unnest([from_key, to_key]) from identity.evidence
        where from_key in (from alone) or to_key in (from alone)
        """,
    )
    connection.execute("delete from identity.overrides")
    connection.execute("insert into identity.overrides from _wanted")


def without_record(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Keys that people decided on and that no record has: such a decision does nothing."""
    rows = connection.execute(
        """
        select distinct key from (
            select unnest([identity_key, other_identity_key]) as key from identity.overrides
        )
        where
            key <> ''
            and key not in (select identity_key from identity.events where kind <> 'override')
            and key not in (select unnest([from_key, to_key]) from identity.evidence)
        order by key
        """
    ).fetchall()
    return [key for (key,) in rows]


def _faults(row: dict[str, str]) -> Iterator[str]:
    for column in overrides_contract().columns:
        yield from _column_faults(column, row[column.name])
    is_pair = row["action"] in (ALWAYS_LINK, NEVER_LINK)
    if is_pair and not row["other_identity_key"]:
        yield f"{row['action']} needs an other_identity_key"
    if row["action"] == SPLIT and row["other_identity_key"]:
        yield "split takes one key: never_link keeps two apart"
    if is_pair and row["identity_key"] == row["other_identity_key"]:
        yield "both keys are the same"


def _column_faults(column: Column, value: str) -> Iterator[str]:
    if column.is_required and not value:
        yield f"{column.name} is empty"
    elif value and column.values and value not in column.values:
        yield f"{column.name} must be {', '.join(column.values[:-1])} or {column.values[-1]}"
    elif value and column.pattern and not re.fullmatch(column.pattern, value):
        yield f"{column.name} must be a key as account_id:4711"


def _contradictions(lines: Sequence[int], overrides: Sequence[Override]) -> Iterator[str]:
    first: dict[tuple[str, str], tuple[int, str]] = {}
    for line, item in zip(lines, overrides, strict=True):
        at, action = first.setdefault(item.pair, (line, item.action))
        if action != item.action and item.other_identity_key:
            yield f"line {line}: {item.action} contradicts line {at}"
