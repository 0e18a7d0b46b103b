"""Headline figures may not jump against what is published without a person's word."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import duckdb

from orchestration.gates.results import CheckResult
from orchestration.gates.suites import MART_GATE
from orchestration.publishing.versions import published_manifest

HEADLINE_SQL = """
    select
        (select count(*) from marts.dim_customers where is_customer) as customers,
        (select count(*) from marts.fct_orders where is_valid) as orders,
        (select coalesce(sum(net_revenue_amount_reporting), 0) from marts.fct_orders)
            as net_revenue_amount
"""


def headline_figures(connection: duckdb.DuckDBPyConnection) -> dict[str, float]:
    """Customers, orders and net revenue of the marts just built."""
    cursor = connection.execute(HEADLINE_SQL)
    names = [column[0] for column in cursor.description or []]
    row = cursor.fetchone() or (0,) * len(names)
    return {name: float(value) for name, value in zip(names, row, strict=True)}


def published_headline(current: Path) -> dict[str, float]:
    """The headline figures of the published version; empty where nothing is published."""
    manifest = published_manifest(current)
    return dict(manifest["headline"]) if manifest else {}


def headline_checks(
    now: Mapping[str, float],
    before: Mapping[str, float],
    threshold: float,
    is_accepted: bool = False,
) -> list[CheckResult]:
    """One check per figure: its relative change may not pass the threshold, unless accepted."""
    return [
        _jump(name, before[name], now[name], threshold, is_accepted)
        for name in now
        if name in before
    ]


def _jump(name: str, before: float, now: float, threshold: float, is_accepted: bool) -> CheckResult:
    change = abs(now - before) / abs(before) if before else (1.0 if now else 0.0)
    is_calm = change <= threshold or not before
    return CheckResult(
        gate=MART_GATE,
        check_name=f"headline_{name}",
        subject="marts.metrics_daily_business",
        is_passed=is_calm,
        is_blocking=not is_accepted,
        observed=f"{now:,.2f}",
        expected=f"within {threshold:.0%} of {before:,.2f}",
        message="" if is_calm else f"{name} went from {before:,.2f} to {now:,.2f} ({change:.0%})",
    )
