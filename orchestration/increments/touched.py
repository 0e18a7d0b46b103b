"""The business dates that deliveries have touched since the models were last built."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

import duckdb

from orchestration.contracts import Contract
from orchestration.increments.versions import mark_superseded
from orchestration.settled import Settled
from orchestration.sql import identifier, literal, transaction

KIND, AS_OF = "increment", "as of"
ARRIVED, GONE, CLOCK = "arrived", "gone", "clock"
CHANGED = """
    select
        contract,
        contract in (select contract from _new),
        contract in (select contract from _gone),
        contract not in (
            select contract from quality.deliveries
            where status = 'loaded' and delivery_id not in (select delivery_id from _new)
        )
    from (select contract from _new union select contract from _gone)
    order by contract
"""


def note_changes(
    connection: duckdb.DuckDBPyConnection,
    contracts: Iterable[Contract],
    time_zone: str,
    as_of_date: dt.date,
) -> int:
    """Compare raw with what was last noted; returns how many business dates are touched.

    `quality.touched_dates` gets the dates of rows that came, left, were superseded or win again,
    and those between the last as-of date and this one. They stay until the models are built, so
    that a run that was killed leaves them to the next one.
    """
    known = {item.slug: item for item in contracts}
    with transaction(connection):
        _find_deliveries(connection, time_zone)
        for slug, is_any_new, is_any_gone, is_all_new in connection.execute(CHANGED).fetchall():
            if is_any_gone:
                _forget_gone(connection, slug)
            if slug in known:
                contract, day = known[slug], _day(known[slug], time_zone)
                if is_any_new:
                    _note_new(connection, contract, day)
                mark_superseded(connection, contract, is_any_gone, is_all_new)
                table = identifier(contract.table)
                marked = f"select {day} from raw.{table} where rowid in (from _marked)"
                _touch(connection, slug, ARRIVED, marked)
        _note_clock(connection, as_of_date)
    count = "select count(distinct business_date) from quality.touched_dates"
    return int(connection.execute(count).fetchall()[0][0])


def _find_deliveries(connection: duckdb.DuckDBPyConnection, time_zone: str) -> None:
    """`_new`: what is loaded and not noted, or noted otherwise; `_gone`: the reverse."""
    columns = "contract, delivery_id, run_id"
    in_force = (
        f"select {columns}, {literal(time_zone)} as time_zone from quality.deliveries"
        " where status = 'loaded'"
    )
    noted = f"select {columns}, time_zone from quality.delivery_dates"
    for name, given, other in (("_new", in_force, noted), ("_gone", noted, in_force)):
        connection.execute(f"create or replace temp table {name} as {given} except {other}")


def _forget_gone(connection: duckdb.DuckDBPyConnection, slug: str) -> None:
    """Touch the dates of deliveries that have left, or were loaded anew."""
    mine = "(contract, delivery_id) in (select (contract, delivery_id) from _gone)"
    _touch(
        connection,
        slug,
        GONE,
        "select unnest(business_dates) from quality.delivery_dates"
        f" where contract = {literal(slug)} and {mine}",
    )
    connection.execute(
        f"delete from quality.delivery_dates where contract = {literal(slug)} and {mine}"
    )


def _note_new(connection: duckdb.DuckDBPyConnection, contract: Contract, day: str) -> None:
    """Note the dates of deliveries that have come, and touch them."""
    slug, table = literal(contract.slug), identifier(contract.table)
    mine = f"select delivery_id from _new where contract = {slug}"
    connection.execute(
        f"""
        insert into quality.delivery_dates
        select _new.*, coalesce(found.business_dates, [])
        from _new
        left join (
            select _delivery_id as delivery_id, list_sort(list(distinct {day})) as business_dates
            from raw.{table} where _delivery_id in ({mine}) group by _delivery_id
        ) as found using (delivery_id)
        where contract = {slug}
        """
    )
    _touch(
        connection,
        contract.slug,
        ARRIVED,
        "select unnest(business_dates) from quality.delivery_dates"
        f" where contract = {slug} and delivery_id in ({mine})",
    )


def _note_clock(connection: duckdb.DuckDBPyConnection, as_of_date: dt.date) -> None:
    """Touch the dates between the last as-of date and this one, whichever is the later."""
    settled = Settled.read(connection, KIND)
    last = settled.done.get(AS_OF)
    if last is not None and last.detail != str(as_of_date):
        first, until = sorted((dt.date.fromisoformat(last.detail), as_of_date))
        connection.execute(
            "insert into quality.touched_dates select distinct contract, business_date, $reason"
            " from (select contract, unnest(business_dates) as business_date"
            " from quality.delivery_dates)"
            " where business_date > $first and business_date <= $until",
            {"reason": CLOCK, "first": first, "until": until},
        )
    settled.note(AS_OF, str(as_of_date), "", str(as_of_date))
    settled.write()


def _touch(connection: duckdb.DuckDBPyConnection, slug: str, reason: str, days: str) -> None:
    connection.execute(
        "insert into quality.touched_dates"
        f" select {literal(slug)}, business_date, {literal(reason)}"
        f" from (select distinct business_date from ({days}) as found (business_date))"
    )


def _day(contract: Contract, time_zone: str) -> str:
    """The business date of a row; null where its contract has no time, which touches every date."""
    if contract.event_at is None:
        return "cast(null as date)"
    name = identifier(contract.event_at)
    if contract.column(contract.event_at).type == "date":
        return name
    return f"cast({name} at time zone 'UTC' at time zone {literal(time_zone)} as date)"
