"""How each source stands: what it brought last, how full it is, and whether it is stale."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import duckdb

from orchestration.contracts import Contract
from orchestration.gates.results import FRESH, CheckResult
from orchestration.gates.suites import RAW_GATE
from orchestration.settled import Settled, raw_versions
from orchestration.sql import identifier, insert_rows, literal, transaction

REFUSED = "select contract, max(file_name) from quality.open_refusals group by contract"


@dataclass(frozen=True)
class SourceState:
    """What one raw table holds, and whether what it feeds is up to date."""

    contract: Contract
    rows: int
    last_received_at: dt.datetime | None
    age_days: int | None
    stale_reason: str | None

    @property
    def is_stale(self) -> bool | None:
        """None where nothing was ever delivered."""
        return self.stale_reason is not None if self.rows or self.stale_reason else None


@dataclass(frozen=True)
class Profile:
    """How many rows of a raw table hold a value, by column, and how many hold a known key."""

    rows: int
    superseded: int
    filled: dict[str, int]


def source_states(
    connection: duckdb.DuckDBPyConnection, contracts: Sequence[Contract], as_of: dt.date
) -> list[SourceState]:
    """The state of every source, by one query.

    A source is stale when its last delivery (or event, where the contract says so) is older at
    `as_of` than its contract allows, or when a delivery was refused and none has followed it: what
    it feeds then shows an earlier state.
    """
    held = " union all ".join(
        f"select {literal(item.slug)}, count(*), max(_received_at), {_last_event(item)}"
        f" from raw.{identifier(item.table)}"
        for item in contracts
    )
    found = {slug: rest for slug, *rest in connection.execute(held).fetchall()}
    refused = dict(connection.execute(REFUSED).fetchall())
    return [
        _state(contract, as_of, refused.get(contract.slug), *found[contract.slug])
        for contract in contracts
    ]


def _last_event(contract: Contract) -> str:
    """Looked up only where it counts: it reads a column of the table."""
    if contract.policies.fresh_by == "receipt":
        return "cast(null as timestamp)"
    return f"cast(max({identifier(str(contract.event_at))}) as timestamp)"


def _state(
    contract: Contract,
    as_of: dt.date,
    refused: str | None,
    rows: int,
    last: dt.datetime | None,
    last_event: dt.datetime | None,
) -> SourceState:
    is_by_event = contract.policies.fresh_by == "event"
    counted, what = (last_event, "event") if is_by_event else (last, "delivery")
    age = (as_of - counted.date()).days if counted else None
    reason = None
    if refused:
        reason = f"{refused} was refused"
    elif age is not None and contract.latency_days is not None and age > contract.latency_days:
        reason = f"the last {what} is {age} days old, {contract.latency_days:g} are allowed"
    return SourceState(contract, rows, last, age, reason)


def freshness_checks(states: Iterable[SourceState]) -> list[CheckResult]:
    """One result for every source that has delivered; stale ones warn or block, as they say."""
    return [
        CheckResult(
            gate=RAW_GATE,
            check_name=FRESH,
            subject=f"raw.{state.contract.table}",
            is_passed=not state.is_stale,
            is_blocking=state.contract.policies.on_stale == "block",
            observed=state.stale_reason or "fresh",
            expected="a delivery in time",
            message=f"is stale: {state.stale_reason}" if state.is_stale else "",
        )
        for state in states
        if state.is_stale is not None
    ]


def update_sources(
    connection: duckdb.DuckDBPyConnection,
    contracts: Sequence[Contract],
    as_of: dt.date,
    run_id: str,
) -> None:
    """Write `quality.sources` and `quality.source_columns`; only changed tables are scanned."""
    states = source_states(connection, contracts, as_of)
    versions = raw_versions(connection)
    settled = Settled.read(connection, "profile")
    with transaction(connection):
        superseded = {}
        for state in states:
            contract = state.contract
            version = f"{versions.get(contract.slug, '')} {contract.text}"
            known = settled.find(contract.slug, version)
            if known is None:
                profile = _profile(connection, contract, state.rows)
                _replace_columns(connection, contract, profile)
                known = settled.note(contract.slug, version, run_id, str(profile.superseded))
            superseded[contract.slug] = int(known.detail)
        settled.write()
        connection.execute("delete from quality.sources")
        rows = [_source_row(state, superseded[state.contract.slug]) for state in states]
        insert_rows(connection, "quality.sources", rows)
        _forget_others(connection, contracts)


def _profile(connection: duckdb.DuckDBPyConnection, contract: Contract, rows: int) -> Profile:
    """One scan of a raw table; how full a column is, tombstones do not say."""
    names = [column.name for column in contract.columns]
    if not rows:
        return Profile(0, 0, dict.fromkeys(names, 0))
    table = f"raw.{identifier(contract.table)}"
    is_there = "filter (where _is_deleted is not true)"
    filled = ", ".join(f"count({identifier(name)}) {is_there}" for name in names)
    key = ", ".join(identifier(name) for name in contract.key)
    keys = f"(select count(*) from (select distinct {key} from {table}))" if key else "count(*)"
    row = connection.execute(
        f"select count(*), {keys}, count(*) {is_there}, {filled} from {table}"
    ).fetchone()
    total, distinct, there, *counts = row or (0, 0, 0, *(0 for _ in names))
    return Profile(there, total - distinct, dict(zip(names, counts, strict=True)))


def _replace_columns(
    connection: duckdb.DuckDBPyConnection, contract: Contract, profile: Profile
) -> None:
    connection.execute(
        "delete from quality.source_columns where source = ? and extract = ?",
        [contract.source, contract.extract],
    )
    insert_rows(
        connection,
        "quality.source_columns",
        [
            (
                contract.source, contract.extract, column.name, position, column.type,
                column.description, column.pii, column.is_required, column.is_key,
                profile.filled[column.name], profile.rows,
            )
            for position, column in enumerate(contract.columns, 1)
        ],
    )  # fmt: skip


def _source_row(state: SourceState, superseded: int) -> tuple[object, ...]:
    contract, properties = state.contract, state.contract.properties
    return (
        contract.source, contract.extract, contract.description, contract.purpose,
        contract.owner, contract.mode, properties.get("channel"),
        properties.get("journeyStage"), properties.get("dataType"), state.rows, superseded,
        state.last_received_at, state.age_days, contract.latency_days, state.is_stale,
        state.stale_reason,
    )  # fmt: skip


def _forget_others(connection: duckdb.DuckDBPyConnection, contracts: Iterable[Contract]) -> None:
    """Columns of contracts that exist no more."""
    connection.execute(
        "delete from quality.source_columns"
        " where source || '/' || extract not in (select unnest(?))",
        [[contract.slug for contract in contracts]],
    )
