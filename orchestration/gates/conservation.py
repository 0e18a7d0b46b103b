"""No row and no cent may be lost between a delivery and what is published."""

from __future__ import annotations

from collections.abc import Iterable

import duckdb

from orchestration.contracts import Contract
from orchestration.gates.results import CheckResult
from orchestration.gates.suites import RAW_GATE
from orchestration.sql import identifier

DELIVERIES_THAT_DO_NOT_ADD_UP = """
    select count(*) from quality.deliveries
    where contract = ? and rows_delivered <> rows_loaded + rows_quarantined
"""
ROWS_LOADED = """
    select coalesce(sum(rows_loaded), 0) from quality.deliveries
    where contract = ? and status = 'loaded'
"""
ROWS_SET_ASIDE = """
    select coalesce(sum(rows_quarantined), 0) from quality.deliveries
    where contract = ? and status = 'loaded'
"""


def conservation_checks(
    connection: duckdb.DuckDBPyConnection, contracts: Iterable[Contract]
) -> list[CheckResult]:
    """Per contract: deliveries add up, and raw and quarantine hold what they say."""
    return [result for contract in contracts for result in _conserved(connection, contract)]


def _conserved(connection: duckdb.DuckDBPyConnection, contract: Contract) -> list[CheckResult]:
    table = identifier(contract.table)
    broken = _number(connection, DELIVERIES_THAT_DO_NOT_ADD_UP, contract.slug)
    pairs = [
        ("deliveries_add_up", 0, broken),
        (
            "raw_holds_every_loaded_row",
            _number(connection, ROWS_LOADED, contract.slug),
            _number(connection, f"select count(*) from raw.{table}"),
        ),
        (
            "quarantine_holds_every_bad_row",
            _number(connection, ROWS_SET_ASIDE, contract.slug),
            _number(connection, f"select count(*) from quarantine.{table}"),
        ),
    ]
    return [
        CheckResult(
            gate=RAW_GATE,
            check_name=name,
            subject=f"raw.{contract.table}",
            is_passed=expected == observed,
            observed=str(observed),
            expected=str(expected),
            message="" if expected == observed else f"{name}: {observed} instead of {expected}",
        )
        for name, expected, observed in pairs
    ]


def breach_checks(
    connection: duckdb.DuckDBPyConnection, contracts: Iterable[Contract], run_id: str
) -> list[CheckResult]:
    """Deliveries refused and not made good since: blocking where the contract says so.

    Elsewhere a warning, in the run that refused them.
    """
    rows = connection.execute(
        "select contract, file_name, reason, run_id = ? as is_new from quality.open_refusals"
        " order by contract, file_name",
        [run_id],
    ).fetchall()
    by_slug = {contract.slug: contract for contract in contracts}
    return [
        CheckResult(
            gate=RAW_GATE,
            check_name="delivery_accepted",
            subject=f"raw.{by_slug[slug].table}",
            is_passed=False,
            is_blocking=by_slug[slug].on_breach == "block",
            observed=reason,
            expected="a delivery as its contract promises",
            message=f"{file_name} was quarantined, {reason}",
        )
        for slug, file_name, reason, is_new in rows
        if slug in by_slug and (is_new or by_slug[slug].on_breach == "block")
    ]


def volume_checks(
    connection: duckdb.DuckDBPyConnection, contracts: Iterable[Contract], run_id: str
) -> list[CheckResult]:
    """Warnings: deliveries of this run whose size is unusual for their contract."""
    return [result for item in contracts for result in _volume(connection, item, run_id)]


def _volume(
    connection: duckdb.DuckDBPyConnection, contract: Contract, run_id: str
) -> list[CheckResult]:
    if contract.row_count_band is None:
        return []
    low, high = contract.row_count_band
    rows = connection.execute(
        "select file_name, rows_delivered from quality.deliveries where contract = ?"
        " and run_id = ? and status = 'loaded' and rows_delivered not between ? and ?",
        [contract.slug, run_id, low, high],
    ).fetchall()
    return [
        CheckResult(
            gate=RAW_GATE,
            check_name="volume",
            subject=f"raw.{contract.table}",
            is_passed=False,
            is_blocking=False,
            observed=f"{count} rows",
            expected=f"{low:g} to {high:g} rows",
            message=f"{file_name} has {count} rows, usual are {low:g} to {high:g}",
        )
        for file_name, count in rows
    ]


def _number(connection: duckdb.DuckDBPyConnection, sql: str, *parameters: object) -> int:
    row = connection.execute(sql, list(parameters)).fetchone()
    return int(row[0]) if row else 0
