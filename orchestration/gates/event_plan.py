"""Events against the tracking plan of their contract: `quality.event_plan`, and its gate."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import duckdb

from orchestration.contracts import Contract
from orchestration.contracts.event_plan import EventPlan
from orchestration.gates.event_counts import COUNTS, EXTRAS, EventCounts
from orchestration.gates.results import CheckResult
from orchestration.gates.suites import RAW_GATE
from orchestration.settled import Settled, raw_versions
from orchestration.sql import insert_rows, transaction

KIND = "event plan"
BLOCKED = "blocked"
NONE = "'(none)'"
WORST_SHOWN = 3
PHRASES = {
    "unplanned": "{event} with {property}, which the plan does not know",
    "missing": "{event} without {property}",
    "mistyped": "{event} with {property} of another type",
    "extra": "{event} with {property}, which is not planned for it",
}
PLAN = "_event_plan"
IS_UNKNOWN_PROPERTY = "finding = 'unplanned' and property <> $type_column"
FINDINGS = f"""
    with counts as (
        select
            event_type, business_date, release, property, sum(event_count) as event_count,
            sum(filled_count) as filled_count, sum(mistyped_count) as mistyped_count
        from {COUNTS} where is_new or $everything group by all
    ),
    totals as (select * from counts where property = $type_column),
    extras as (
        select event_type, business_date, release, property, sum(filled_count) as filled_count
        from {EXTRAS} where is_new or $everything group by all
    ),
    judged as (
        select
            counts.*, planned.is_must,
            counts.event_type in (select event_type from {PLAN}) as is_planned_type
        from counts left join {PLAN} as planned using (event_type, property)
    ),
    found as (
        select
            event_type, business_date, release, 'unplanned' as finding, property,
            event_count as found_count, event_count
        from totals where event_type not in (select event_type from {PLAN})
        union all
        select
            event_type, business_date, totals.release, 'unplanned', extras.property,
            least(extras.filled_count, totals.event_count), totals.event_count
        from extras inner join totals using (event_type, business_date)
        where extras.release is not distinct from totals.release
            and event_type in (select event_type from {PLAN})
        union all
        select
            event_type, business_date, release, 'missing', property, event_count - filled_count,
            event_count
        from judged
        where filled_count < event_count
            and (is_must or (event_type is null and property = $type_column))
        union all
        select
            event_type, business_date, release, 'mistyped', property, mistyped_count, event_count
        from judged where mistyped_count > 0 and is_planned_type
        union all
        select event_type, business_date, release, 'extra', property, filled_count, event_count
        from judged where filled_count > 0 and is_planned_type and is_must is null
    )
"""


def event_plan_checks(
    connection: duckdb.DuckDBPyConnection,
    contracts: Sequence[Contract],
    time_zone: str,
    run_id: str,
) -> list[CheckResult]:
    """Bring `quality.event_plan` up to date; one result for each contract with new events.

    A table is counted anew where what it was loaded from or its plan has changed. New is what was
    loaded since the plan was last judged and did not block.
    """
    planned = [(item, item.event_plan) for item in contracts if item.event_plan]
    versions, settled = raw_versions(connection), Settled.read(connection, KIND)
    results: list[CheckResult] = []
    with transaction(connection):
        _forget_others(connection, [item.slug for item, _ in planned if item.slug in versions])
        for contract, plan in planned:
            counts = EventCounts(contract, plan, time_zone)
            parts = (versions.get(contract.slug, ""), contract.text, counts.text, FINDINGS)
            version = "\x1f".join(parts)
            if contract.slug not in versions or settled.find(contract.slug, version):
                continue
            last = settled.done.get(contract.slug)
            since = dt.datetime.fromisoformat(last.detail) if last else dt.datetime.min
            found = _judge(connection, counts, since)
            results += found
            if any(item.is_blocking and not item.is_passed for item in found):
                version = BLOCKED  # no version equals it, so the next run counts again
            else:
                since = _loaded_until(connection, contract)
            settled.note(contract.slug, version, run_id, since.isoformat())
        settled.write()
    return results


def _judge(
    connection: duckdb.DuckDBPyConnection, counts: EventCounts, since: dt.datetime
) -> list[CheckResult]:
    """Write the findings of one contract; a result about the events loaded after `since`."""
    contract, plan = counts.contract, counts.plan
    counts.count(connection, since)
    _make_plan_table(connection, contract, plan)
    _replace_findings(connection, contract, plan)
    if contract.policies.on_plan_breach == "ignore":
        return []
    return [_result(connection, contract, plan)]


def _make_plan_table(
    connection: duckdb.DuckDBPyConnection, contract: Contract, plan: EventPlan
) -> None:
    """What each event may carry; its type, time and release go without saying."""
    always = {plan.type_column, str(contract.event_at), plan.release_column or plan.type_column}
    connection.execute(
        f"create or replace temp table {PLAN}"
        " (event_type varchar, property varchar, is_must boolean)"
    )
    rows = [
        (name, property, property in event.must)
        for name, event in plan.events.items()
        for property in sorted(event.must | event.may | always)
    ]
    insert_rows(connection, PLAN, rows)


def _replace_findings(
    connection: duckdb.DuckDBPyConnection, contract: Contract, plan: EventPlan
) -> None:
    connection.execute(
        "delete from quality.event_plan where source = ? and extract = ?",
        [contract.source, contract.extract],
    )
    connection.execute(
        f"insert into quality.event_plan {FINDINGS} select $source, $extract,"
        f" coalesce(event_type, {NONE}), business_date, coalesce(release, {NONE}), finding,"
        " property, found_count, event_count from found order by all",
        {
            "source": contract.source,
            "extract": contract.extract,
            "type_column": plan.type_column,
            "everything": True,
        },
    )


def _result(
    connection: duckdb.DuckDBPyConnection, contract: Contract, plan: EventPlan
) -> CheckResult:
    """What is told of the new events: the findings that concern most of them."""
    rows = connection.execute(
        f"{FINDINGS} select finding, if({IS_UNKNOWN_PROPERTY}, 'events', event_type) as type,"
        " property, sum(found_count)::bigint as events"
        " from found group by all order by events desc, finding, type, property",
        {"type_column": plan.type_column, "everything": False},
    ).fetchall()
    events = connection.execute(
        f"select coalesce(sum(event_count), 0)::bigint from {COUNTS} where is_new and property = ?",
        [plan.type_column],
    ).fetchone()
    more = len(rows) - WORST_SHOWN
    told = [_phrase(plan, *row) for row in rows[:WORST_SHOWN]]
    told += [f"{more} more in quality.event_plan"] if more > 0 else []
    return CheckResult(
        gate=RAW_GATE,
        check_name="event_plan",
        subject=f"raw.{contract.table}",
        is_passed=not rows,
        is_blocking=contract.policies.on_plan_breach == "block",
        observed=f"{len(rows)} findings in {events[0] if events else 0} new events",
        expected="events as planned",
        message=f"events are not as planned: {'; '.join(told)}" if rows else "",
    )


def _phrase(
    plan: EventPlan, finding: str, event_type: str | None, property: str, count: int
) -> str:
    if event_type is None:
        text = f"events without {property}"
    elif finding == "unplanned" and property == plan.type_column:
        text = f"the event type {event_type}, which the plan does not know"
    else:
        text = PHRASES[finding].format(event=event_type, property=property)
    return f"{text} ({count:,})"


def _loaded_until(connection: duckdb.DuckDBPyConnection, contract: Contract) -> dt.datetime:
    row = connection.execute(
        "select max(loaded_at) from quality.deliveries where contract = ? and status = 'loaded'",
        [contract.slug],
    ).fetchone()
    return row[0] if row else dt.datetime.min


def _forget_others(connection: duckdb.DuckDBPyConnection, planned: Sequence[str]) -> None:
    """Findings about contracts that have no plan, or no events, any more."""
    connection.execute(
        "delete from quality.event_plan"
        " where source || '/' || extract not in (select unnest($1::varchar[]))",
        [planned],
    )
