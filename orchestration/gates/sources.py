"""How each source stands: what it brought last, and whether what it feeds is stale."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

import duckdb

from orchestration.contracts import Contract
from orchestration.gates.results import CheckResult
from orchestration.gates.suites import RAW_GATE
from orchestration.sql import identifier

REFUSED = "select max(file_name) from quality.open_refusals where contract = ?"


def update_sources(
    connection: duckdb.DuckDBPyConnection,
    contracts: Iterable[Contract],
    as_of: dt.date,
) -> list[CheckResult]:
    """Write `quality.sources` for this run; returns a warning for every stale source.

    A source is stale when its last delivery is older at `as_of` than its contract allows, or when
    a delivery was refused and none has followed it: what it feeds then shows an earlier state.
    """
    connection.execute("delete from quality.sources")
    results = []
    for contract in contracts:
        row = _state(connection, contract, as_of)
        marks = ", ".join("?" * len(row))
        connection.execute(f"insert into quality.sources values ({marks})", row)
        if row[-2] is not None:
            results.append(_check(contract, bool(row[-2]), str(row[-1] or "")))
    return results


def _state(
    connection: duckdb.DuckDBPyConnection, contract: Contract, as_of: dt.date
) -> list[object]:
    found = connection.execute(
        f"select count(*), max(_received_at) from raw.{identifier(contract.table)}"
    ).fetchone()
    rows, last = found if found else (0, None)
    age = (as_of - last.date()).days if last else None
    refused = connection.execute(REFUSED, [contract.slug]).fetchone()
    reason = None
    if refused and refused[0]:
        reason = f"{refused[0]} was refused"
    elif age is not None and contract.latency_days is not None and age > contract.latency_days:
        reason = f"the last delivery is {age} days old, {contract.latency_days:g} are allowed"
    is_known = rows or reason
    properties = contract.properties
    return [
        contract.source, contract.extract, contract.owner, properties.get("channel"),
        properties.get("journeyStage"), properties.get("dataType"), rows, last, age,
        contract.latency_days, (reason is not None) if is_known else None, reason,
    ]  # fmt: skip


def _check(contract: Contract, is_stale: bool, reason: str) -> CheckResult:
    return CheckResult(
        gate=RAW_GATE,
        check_name="fresh",
        subject=f"raw.{contract.table}",
        is_passed=not is_stale,
        is_blocking=False,
        observed=reason or "fresh",
        expected="a delivery in time",
        message=f"is stale: {reason}" if is_stale else "",
    )
