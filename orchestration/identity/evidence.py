"""Evidence kept by delivery: what is new is read, what was taken back is forgotten."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import duckdb

from orchestration.contracts import Contract
from orchestration.identity.deliveries import find_deliveries
from orchestration.identity.reading import ASSUMED, CONFIRMED, Reading
from orchestration.identity.touch import begin_touching, touch
from orchestration.sql import literal

# What a set of keys amounts to over all deliveries; compared before and after a change.
PAIRS = f"""
    select
        from_key,
        to_key,
        kind,
        min(contract) as contract,
        case when max(verified) = {CONFIRMED} then {CONFIRMED} else min(verified) end as verified,
        min(seen_at) as seen_at
    from {{rows}}
    group by from_key, to_key, kind
"""
STATES = {
    "sightings": (
        "identity_key",
        "select identity_key, min(contract), min(first_at) from {rows} group by identity_key",
    ),
    "evidence": ("from_key, to_key", PAIRS),
    "profiles": ("identity_key", "select distinct * exclude (delivery_id) from {rows}"),
}
ENDS = {
    "sightings": "identity_key",
    "evidence": "unnest([from_key, to_key])",
    "profiles": "identity_key",
}


def read_new_deliveries(
    connection: duckdb.DuckDBPyConnection, contracts: Iterable[Contract], blocked: Sequence[str]
) -> None:
    """Bring evidence up to date with raw; the temp table `touched` holds the keys it changes.

    The temp table `redescribed` holds those of them whose attributes changed.
    """
    readings = [Reading(contract, blocked) for contract in contracts]
    readings = [reading for reading in readings if not reading.is_empty]
    begin_touching(connection)
    connection.execute("create or replace temp table redescribed (identity_key varchar)")
    versions = {item.contract.slug: item.version for item in readings}
    find_deliveries(connection, versions, "identity.read_deliveries")
    due = {row[0] for row in connection.execute("select contract from _new_deliveries").fetchall()}
    gone = connection.execute("select count(*) from _gone_deliveries").fetchall()[0][0]
    if not due and not gone:
        return
    is_first = not connection.execute("from identity.read_deliveries limit 1").fetchall()
    for table in STATES:
        said = _said(table, [item for item in readings if item.contract.slug in due])
        if is_first:  # everything is new to the rules, and so touched
            connection.execute(f"insert into identity.{table} {said}")
        else:
            connection.execute(f"create or replace temp table _staged as {said}")
            _replace(connection, table)
    connection.execute(
        "delete from identity.read_deliveries"
        " where delivery_id in (select delivery_id from _gone_deliveries)"
    )
    connection.execute("insert into identity.read_deliveries select * from _new_deliveries")


def _said(table: str, readings: Sequence[Reading]) -> str:
    """A select of what the new deliveries say, shaped as the table."""
    selects = [f"from identity.{table} where false"]
    for reading in readings:
        source = "" if table == "profiles" else f"{literal(reading.contract.slug)},"
        selects += [
            f"select _delivery_id, {source} * exclude (_delivery_id) from ({select})"
            for select in getattr(reading, table)
        ]
    return " union all ".join(selects)


def _replace(connection: duckdb.DuckDBPyConnection, table: str) -> None:
    """Forget, insert, and note the keys for which that makes a difference."""
    keys, state = STATES[table]
    is_gone = "delivery_id in (select delivery_id from _gone_deliveries)"
    gone = f"from identity.{table} where {is_gone}"
    connection.execute(
        f"create or replace temp table _affected as select {keys} {gone}"
        f" union select {keys} from _staged"
    )
    connection.execute(
        f"create or replace temp table _known as from identity.{table}"
        f" where ({keys}) in (from _affected)"
    )
    connection.execute(f"delete {gone}")
    connection.execute(f"insert into identity.{table} from _staged")
    left = f"(from _known where not {is_gone} union all from _staged)"
    for name, rows in (("_before", "_known"), ("_after", left)):
        connection.execute(f"create or replace temp table {name} as {state.format(rows=rows)}")
    connection.execute(
        f"create or replace temp table _differing as select {ENDS[table]} as identity_key from ("
        "(from _before except from _after) union (from _after except from _before))"
    )
    touch(connection, "from _differing")
    if table == "profiles":
        connection.execute("create or replace temp table redescribed as from _differing")


def accepted(where: str = "") -> str:
    """SQL for the pairs that evidence ties: verified, or in no need of it."""
    pairs = PAIRS.format(rows=f"identity.evidence {where}")
    return f"select * from ({pairs}) where verified >= {ASSUMED}"
