"""What is unusual about the deliveries of a run: their size, and rows that come late."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from statistics import median

import duckdb

from orchestration.contracts import Contract
from orchestration.gates.results import CheckResult
from orchestration.gates.suites import RAW_GATE
from orchestration.sql import identifier

LEAST_EARLIER = 3
SIZES = """
    select contract, file_name, rows_delivered, run_id in (select unnest($1)) as is_new
    from quality.deliveries where status = 'loaded'
    order by contract, received_at, file_name, delivery_id
"""
OF_RUN = (
    "_delivery_id in (select delivery_id from quality.deliveries"
    " where run_id in (select unnest($1)) and contract = $2 and status = 'loaded')"
)


def volume_checks(
    connection: duckdb.DuckDBPyConnection, contracts: Iterable[Contract], run_ids: Sequence[str]
) -> list[CheckResult]:
    """Deliveries of these runs outside the agreed size, or far from those received before them."""
    by_slug = {contract.slug: contract for contract in contracts}
    earlier: dict[str, list[int]] = defaultdict(list)
    results = []
    for slug, file_name, count, is_new in connection.execute(SIZES, [list(run_ids)]).fetchall():
        if is_new and slug in by_slug:
            results += _outside_band(by_slug[slug], file_name, count)
            results += _changed(by_slug[slug], file_name, count, earlier[slug])
        earlier[slug].append(count)
    return results


def late_checks(
    connection: duckdb.DuckDBPyConnection, contracts: Iterable[Contract], run_ids: Sequence[str]
) -> list[CheckResult]:
    """Rows of these runs whose business time lies longer before their receipt than agreed."""
    return [
        _late(contract, late, rows)
        for contract in contracts
        if contract.policies.late_seconds is not None and contract.policies.on_late == "warn"
        for late, rows in _late_rows(connection, contract, run_ids)
        if rows
    ]


def _outside_band(contract: Contract, file_name: str, count: int) -> list[CheckResult]:
    if not contract.row_count_band:
        return []
    low, high = contract.row_count_band
    if low <= count <= high:
        return []
    return [
        CheckResult(
            gate=RAW_GATE,
            check_name="volume",
            subject=f"raw.{contract.table}",
            is_passed=False,
            is_blocking=contract.blocks_on_row_count,
            observed=f"{count} rows",
            expected=f"{low:,.0f} to {high:,.0f} rows",
            message=f"{file_name} has {count:,} rows, usual are {low:,.0f} to {high:,.0f}",
        )
    ]


def _changed(
    contract: Contract, file_name: str, count: int, earlier: Sequence[int]
) -> list[CheckResult]:
    """Against the median of the last deliveries; a few are needed before it says anything."""
    policies = contract.policies
    last = earlier[-policies.volume_deliveries :]
    if policies.volume_change is None or len(last) < min(LEAST_EARLIER, policies.volume_deliveries):
        return []
    usual = median(last)
    if abs(count - usual) <= policies.volume_change * usual:
        return []
    return [
        CheckResult(
            gate=RAW_GATE,
            check_name="volume_change",
            subject=f"raw.{contract.table}",
            is_passed=False,
            is_blocking=policies.on_volume_change == "block",
            observed=f"{count} rows",
            expected=f"within {policies.volume_change:.0%} of {usual:g} rows",
            message=f"{file_name} has {count} rows, the {len(last)} deliveries before it"
            f" {usual:g} in the median",
        )
    ]


def _late_rows(
    connection: duckdb.DuckDBPyConnection, contract: Contract, run_ids: Sequence[str]
) -> list[tuple[int, int]]:
    """(late rows, rows) that runs loaded for a contract."""
    late = (
        f"{identifier(str(contract.event_at))}"
        f" < _received_at - interval {contract.policies.late_seconds} second"
    )
    return connection.execute(
        f"select count(*) filter (where {late}), count(*) from raw.{identifier(contract.table)}"
        f" where {OF_RUN}",
        [list(run_ids), contract.slug],
    ).fetchall()


def _late(contract: Contract, late: int, rows: int) -> CheckResult:
    days = f"{contract.policies.late_after_days:g} days"
    return CheckResult(
        gate=RAW_GATE,
        check_name="in_time",
        subject=f"raw.{contract.table}",
        is_passed=not late,
        is_blocking=False,
        observed=f"{late} of {rows} rows",
        expected=f"rows within {days} of what they are about",
        message=f"{late:,} of {rows:,} new rows are late: {contract.event_at} is more than {days}"
        " before their receipt"
        if late
        else "",
    )
