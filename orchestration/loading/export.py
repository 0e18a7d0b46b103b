"""Quarantined rows as a file that somebody mends and gives back."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from orchestration.contracts import Contract
from orchestration.edited_files import open_private
from orchestration.loading.mended import DELIVERY_COLUMN, ROW_ID_COLUMN
from orchestration.loading.quarantined import BadRow

OWN = (ROW_ID_COLUMN, DELIVERY_COLUMN, "_row_number", "_reason", "_raw_text")


def export_rows(contract: Contract, rows: Sequence[BadRow], path: Path) -> None:
    """Write rows with their reason and values, as csv or, by the ending, as json lines.

    For the owner of the files alone: raw text holds what customers said of themselves. A file
    that exists is never written over, for it may be half mended.
    """
    with open_private(path) as file:
        if path.suffix == ".jsonl":
            file.writelines(f"{json.dumps(_as_json(row), ensure_ascii=False)}\n" for row in rows)
        else:
            names = _columns(contract, rows)
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow([*OWN, *names])
            writer.writerows(
                [*_own(row), *(_text(row.values.get(name)) for name in names)] for row in rows
            )


def _own(row: BadRow) -> list[Any]:
    return [row.row_id, row.delivery_id, row.row_number, row.reason, row.raw_text]


def _as_json(row: BadRow) -> dict[str, Any]:
    return dict(zip(OWN, _own(row), strict=True)) | row.values


def _columns(contract: Contract, rows: Sequence[BadRow]) -> list[str]:
    """Those of the contract, then what the rows hold beyond it."""
    known = [column.name for column in contract.columns]
    return list(dict.fromkeys([*known, *(name for row in rows for name in row.values)]))


def _text(value: Any) -> Any:
    return value if value is None or isinstance(value, str) else json.dumps(value)
