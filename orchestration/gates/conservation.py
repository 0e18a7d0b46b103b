"""No row and no cent may be lost between a delivery and what is published."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import duckdb

from orchestration.contracts import Contract
from orchestration.gates.results import CheckResult
from orchestration.gates.suites import RAW_GATE
from orchestration.sql import identifier, literal

PROMISED = """
    select
        contract,
        count(*) filter (where rows_delivered <> rows_loaded + rows_quarantined),
        coalesce(sum(rows_loaded) filter (where status = 'loaded'), 0),
        coalesce(sum(rows_quarantined) filter (where status = 'loaded'), 0)
    from quality.deliveries group by contract
"""
Counts = tuple[int, int, int]


def conservation_checks(
    connection: duckdb.DuckDBPyConnection, contracts: Sequence[Contract]
) -> list[CheckResult]:
    """Per contract: deliveries add up, and raw and quarantine hold what they say.

    Of every contract that has deliveries or rows, in every run: it is two queries.
    """
    promised = {slug: tuple(rest) for slug, *rest in connection.execute(PROMISED).fetchall()}
    held = {slug: (0, *rest) for slug, *rest in connection.execute(_held(contracts)).fetchall()}
    return [
        result
        for contract in contracts
        if contract.slug in promised or any(held[contract.slug])
        for result in _compared(contract, promised.get(contract.slug, (0, 0, 0)), held)
    ]


def _held(contracts: Sequence[Contract]) -> str:
    """Rows in raw and in quarantine, by contract."""
    return " union all ".join(
        f"select {literal(item.slug)}, (select count(*) from raw.{identifier(item.table)}),"
        f" (select count(*) from quarantine.{identifier(item.table)})"
        for item in contracts
    )


def _compared(contract: Contract, promised: Counts, held: dict[str, Counts]) -> list[CheckResult]:
    broken, *expected = promised
    names = (
        "deliveries_add_up",
        "raw_holds_every_loaded_row",
        "quarantine_holds_every_bad_row",
    )
    pairs = [(0, broken), *zip(expected, held[contract.slug][1:], strict=True)]
    return [
        CheckResult(
            gate=RAW_GATE,
            check_name=name,
            subject=f"raw.{contract.table}",
            is_passed=wanted == observed,
            observed=str(observed),
            expected=str(wanted),
            message="" if wanted == observed else f"{name}: {observed} instead of {wanted}",
        )
        for name, (wanted, observed) in zip(names, pairs, strict=True)
    ]


def breach_checks(
    connection: duckdb.DuckDBPyConnection, contracts: Iterable[Contract], run_ids: Sequence[str]
) -> list[CheckResult]:
    """Deliveries refused and not made good since: blocking where the contract says so.

    Elsewhere a warning, where one of these runs refused them.
    """
    rows = connection.execute(
        "select contract, file_name, reason, run_id in (select unnest(?)) as is_new"
        " from quality.open_refusals order by contract, file_name",
        [list(run_ids)],
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
