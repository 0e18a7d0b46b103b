"""The result of a check, in one shape whoever made it; kept of every run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestration.sql import insert_rows

if TYPE_CHECKING:
    from orchestration.runs.record import RunRecord

FRESH, FETCHED = "fresh", "fetched"


@dataclass(frozen=True)
class CheckResult:
    """One expectation and what was found; never a value of a row."""

    gate: str
    check_name: str
    subject: str
    is_passed: bool
    is_blocking: bool = True
    observed: str = ""
    expected: str = ""
    message: str = ""


COLUMNS = """
    run_id varchar, gate varchar, check_name varchar, subject varchar, is_blocking boolean,
    is_passed boolean, observed varchar, expected varchar, message varchar, checked_at timestamp
"""


def store_results(folder: Path, record: RunRecord, results: Sequence[CheckResult]) -> Path:
    """Write the results of a run to `quality.parquet` in its folder."""
    import duckdb

    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "quality.parquet"
    rows = result_rows(record, results)
    with duckdb.connect() as connection:
        connection.execute(f"create table results ({COLUMNS})")
        insert_rows(connection, "results", rows)
        connection.table("results").write_parquet(str(path))
    return path


def result_rows(record: RunRecord, results: Sequence[CheckResult]) -> list[tuple[object, ...]]:
    """Results as rows of `quality.check_results`."""
    return [
        (
            record.run_id, item.gate, item.check_name, item.subject, item.is_blocking,
            item.is_passed, item.observed, item.expected, item.message, record.started,
        )
        for item in results
    ]  # fmt: skip


def reasons_to_withdraw(results: Sequence[CheckResult]) -> dict[str, str]:
    """For each raw table, why what a run loaded into it is taken out again.

    Not because it is stale or could not be fetched: what a source did deliver is not to blame for
    what it did not.
    """
    return {
        item.subject: item.message
        for item in results
        if item.is_blocking and not item.is_passed and item.check_name not in (FRESH, FETCHED)
    }


def fold(results: Sequence[CheckResult]) -> dict[str, Any]:
    """The results about one thing, as the arguments of one Dagster check result."""
    failed = [item for item in results if not item.is_passed]
    blocking = sum(item.is_blocking for item in failed)
    return {
        "passed": not blocking,
        "description": "; ".join(item.message for item in failed)[:1000] or None,
        "metadata": {"failed": blocking, "warnings": len(failed) - blocking},
    }
