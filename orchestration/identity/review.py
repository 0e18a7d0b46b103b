"""Pairs that are neither surely one person nor surely two: handed to a person, and back."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from orchestration.config import IdentitySettings
from orchestration.edited_files import edited_rows, open_private
from orchestration.errors import ConfigurationError
from orchestration.identity.doubts import take_doubts
from orchestration.identity.overrides import (
    ALWAYS_LINK,
    NEVER_LINK,
    Override,
    read_overrides,
    write_overrides,
)

DECISIONS = {"same": ALWAYS_LINK, "different": NEVER_LINK}
ATTRIBUTES = (
    "given_name", "family_name", "birth_date", "email", "phone", "street", "postcode", "city",
    "created_on",
)  # fmt: skip
COLUMNS = (
    "decision", "record_a", "record_b", "probability", "reason",
    *(f"{name}_{side}" for name in ATTRIBUTES for side in "ab"),
    "evidence",
)  # fmt: skip
REASON = "review"
SHOWN = 5


def pairs_to_review(
    connection: duckdb.DuckDBPyConnection, settings: IdentitySettings
) -> list[dict[str, Any]]:
    """Every likely pair that is two customers, with both records side by side, likeliest first.

    Its reason and probability are those of `orchestration.identity.doubts`. Pairs in conflict, of
    which no probability is told, come last.
    """
    take_doubts(connection, settings)
    values = ", ".join(
        f"string_agg(distinct {name}::varchar, ' / ' order by {name}::varchar) as {name}"
        for name in ATTRIBUTES
    )
    sides = ", ".join(f"{side}.{name} as {name}_{side}" for name in ATTRIBUTES for side in "ab")
    cursor = connection.execute(
        f"""
        with shown as (
            select identity_key, {values} from identity.profiles
            where
                identity_key in (select record_a from _doubts)
                or identity_key in (select record_b from _doubts)
            group by identity_key
        )
        select
            '' as decision, pairs.record_a, pairs.record_b, pairs.chance, pairs.reason,
            {sides}, scored.evidence
        from _doubts as pairs
        inner join identity.scored_pairs as scored using (record_a, record_b)
        left join shown as a on pairs.record_a = a.identity_key
        left join shown as b on pairs.record_b = b.identity_key
        order by pairs.chance desc nulls last, pairs.record_a, pairs.record_b
        """
    )
    return [dict(zip(COLUMNS, row, strict=True)) for row in cursor.fetchall()]


@dataclass(frozen=True)
class Record:
    """Reviewed pairs that had a probability: how many, how many were one person, and promised."""

    decided: int
    same: int
    promised: float


def record_of(overrides: Sequence[Override]) -> Record:
    """How well the probabilities of the export have held, by what people decided."""
    told = [
        (item.action == ALWAYS_LINK, float(found[1]))
        for item in overrides
        if (found := re.fullmatch(rf"{REASON}: \w+ ([01]\.\d+)", item.reason))
    ]
    return Record(len(told), sum(same for same, _ in told), sum(chance for _, chance in told))


def export_review(pairs: Sequence[dict[str, Any]], path: Path) -> None:
    """Write pairs to a csv file that only its owner may read; none is written over."""
    with open_private(path) as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(pairs)


def import_review(connection: duckdb.DuckDBPyConnection, path: Path, overrides_file: Path) -> int:
    """Add the decisions of a reviewed file to the overrides; returns how many are new."""
    decided = _decisions(path)
    _refuse_unknown(connection, path, decided)
    known = read_overrides(overrides_file)
    actions = {item.pair: item.action for item in known if item.other_identity_key}
    contrary = sum(actions.get(item.pair, item.action) != item.action for item in decided)
    if contrary:
        raise ConfigurationError(
            f"{contrary} decisions of {path.name} contradict {overrides_file.name}: take the row"
            " out on one side."
        )
    fresh = [item for item in dict.fromkeys(decided) if item.pair not in actions]
    if fresh:
        write_overrides(overrides_file, [*known, *fresh])
        read_overrides(overrides_file)
    return len(fresh)


def _refuse_unknown(
    connection: duckdb.DuckDBPyConnection, path: Path, decided: Sequence[Override]
) -> None:
    """A record that is no more, or misspelt, would be decided on for nothing."""
    keys = sorted({key for item in decided for key in item.pair})
    known = connection.execute(
        "select identity_key from identity.customer_keys where list_contains($keys, identity_key)",
        {"keys": keys},
    ).fetchall()
    unknown = sorted(set(keys) - {key for (key,) in known})
    if unknown:
        raise ConfigurationError(
            f"{path.name} decides on {', '.join(unknown[:SHOWN])}, which no record has: take these"
            " rows out."
        )


def _decisions(path: Path) -> list[Override]:
    if not path.exists():
        raise ConfigurationError(f"There is no {path}: name the reviewed file.")
    lines = edited_rows(path, COLUMNS[:3], "keep the columns of the export")
    rows = [(line, row) for line, row in lines if row["decision"]]
    wrong = [line for line, row in rows if row["decision"].lower() not in DECISIONS]
    if wrong:
        raise ConfigurationError(
            f"{path.name}, line {wrong[0]}: decision must be {' or '.join(DECISIONS)}, or empty."
        )
    return [
        Override(DECISIONS[row["decision"].lower()], row["record_a"], row["record_b"], _why(row))
        for _, row in rows
    ]


def _why(row: dict[str, str]) -> str:
    """What the decision will be judged by: the reason and the probability of the export."""
    told = [row.get(name) for name in ("reason", "probability")]
    return f"{REASON}: {told[0]} {told[1]}" if all(told) else REASON
