"""Which rows of raw are superseded: of the versions of a key one wins, in any order of arrival."""

from __future__ import annotations

import duckdb

from orchestration.contracts import Contract
from orchestration.sql import identifier, literal

# Of a key with one row both marks are null, so that they follow from what raw holds, not from how
# it came to hold it.
MARKS = """
    select
        rowid as row_id,
        _is_superseded,
        _known_at,
        case when count(*) over (partition by {key}) > 1
            then row_number() over (partition by {key} order by {order}) > 1 end as is_superseded,
        case when count(*) over (partition by {key}) > 1
            then min(_received_at) over (partition by {key}) end as known_at
    from raw.{table} where ({key}) in (from _several)
"""


def mark_superseded(
    connection: duckdb.DuckDBPyConnection, contract: Contract, is_any_gone: bool, is_all_new: bool
) -> None:
    """Bring the marks of one raw table up to date; the temp table `_marked` holds what changed.

    The last version is the highest `updated_at`, then the last received, then the delivery and its
    row. `_new` holds the deliveries that have come, which may be all there are; where some have
    gone, every key that had several rows is looked at again.
    """
    connection.execute("create or replace temp table _marked (row_id bigint)")
    if not contract.key:
        return
    table, key = identifier(contract.table), ", ".join(map(identifier, contract.key))
    _find_several(connection, contract, is_any_gone, is_all_new)
    if not connection.execute("from _several limit 1").fetchall():
        return
    updated = identifier(contract.updated_at) if contract.updated_at else None
    order = ", ".join(
        [
            *([f"{updated} desc nulls last"] if updated else []),
            "_received_at desc nulls last, _delivery_id desc, _row_number desc",
        ]
    )
    connection.execute(
        "create or replace temp table _marks as"
        f" from ({MARKS.format(table=table, key=key, order=order)})"
        " where _is_superseded is distinct from is_superseded"
        " or _known_at is distinct from known_at"
    )
    connection.execute("create or replace temp table _marked as select row_id from _marks")
    connection.execute(
        f"update raw.{table} as held set _is_superseded = marks.is_superseded,"
        " _known_at = marks.known_at from _marks as marks where held.rowid = marks.row_id"
    )


def _find_several(
    connection: duckdb.DuckDBPyConnection, contract: Contract, is_any_gone: bool, is_all_new: bool
) -> None:
    """`_several`: keys with several rows, of those that the new deliveries name."""
    table, key = identifier(contract.table), ", ".join(map(identifier, contract.key))
    mine = f"select delivery_id from _new where contract = {literal(contract.slug)}"
    named = f"({key}) in (select ({key}) from raw.{table} where _delivery_id in ({mine}))"
    were_several = f" union select {key} from raw.{table} where _is_superseded is not null"
    connection.execute(
        f"create or replace temp table _several as select {key} from raw.{table}"
        f" where {'true' if is_all_new else named} group by {key} having count(*) > 1"
        f"{were_several if is_any_gone else ''}"
    )
