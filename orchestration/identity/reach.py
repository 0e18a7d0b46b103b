"""How far a change reaches: the keys that it touches, and the components they were part of."""

from __future__ import annotations

import duckdb

from orchestration.config import IdentitySettings
from orchestration.identity.evidence import accepted
from orchestration.identity.keys import is_browser, is_record, is_strong
from orchestration.identity.rivals import take_likely_pairs
from orchestration.identity.touch import touch

RULES = "3"  # counts up when the same evidence would be judged otherwise
BROWSER_LIMIT = 1


def touch_what_rules_change(
    connection: duckdb.DuckDBPyConnection, settings: IdentitySettings
) -> None:
    """Under other rules everything is judged again."""
    version = f"{RULES}|{settings.hub_limit}|{settings.auto_link}|{settings.most_keys}"
    if connection.execute("from identity.rules").fetchall() == [(version,)]:
        return
    touch_everything(connection)
    connection.execute("delete from identity.rules")
    connection.execute("insert into identity.rules values (?)", [version])


def touch_everything(connection: duckdb.DuckDBPyConnection) -> None:
    """Every key there is."""
    touch(
        connection,
        "select identity_key from identity.sightings"
        " union select from_key from identity.evidence"
        " union select to_key from identity.evidence"
        " union select identity_key from identity.customer_keys",
    )


def touch_linked_pairs(connection: duckdb.DuckDBPyConnection, settings: IdentitySettings) -> None:
    """Likely pairs that came, went or changed their probability."""
    take_likely_pairs(connection, settings)
    touch(
        connection,
        "select unnest([record_a, record_b]) from ("
        "(from _likely except from identity.linked_pairs)"
        " union (from identity.linked_pairs except from _likely))",
    )
    connection.execute("delete from identity.linked_pairs")
    if connection.execute("from _likely limit 1").fetchall():
        connection.execute("insert into identity.linked_pairs from _likely")


def touch_hubs(connection: duckdb.DuckDBPyConnection, settings: IdentitySettings) -> None:
    """Find again which touched keys tie too many; what hung on one that turned is touched too."""
    connection.execute(
        "create or replace temp table _touched_keys as select distinct identity_key from touched"
    )
    ends = (
        "where from_key in (from _touched_keys) or to_key in (from _touched_keys)"
        if _is_small(connection)
        else ""
    )
    connection.execute(f"create or replace temp table _tied as {accepted(ends)}")
    limit = f"case when {is_browser('key')} then {BROWSER_LIMIT} else {settings.hub_limit} end"
    connection.execute(
        f"""
        create or replace temp table _hubs as
        with ends as (
            select from_key as key, to_key as other from _tied
            union all
            select to_key, from_key from _tied
        ),
        ties as (
            select * from ends
            where
                not {is_record("key")}
                and ({is_strong("other")} or ({is_record("other")} and not {is_strong("key")}))
        ),
        suspects as (select key from ties group by key having count(*) > {limit})
        select key as identity_key, count(distinct other) as tied_count
        from ties
        where key in (from suspects) and key in (from _touched_keys)
        group by key
        having count(distinct other) > {limit}
        """
    )
    connection.execute(
        """
        create or replace temp table _turned as
        select identity_key from _hubs anti join identity.hubs using (identity_key)
        union all
        select identity_key from identity.hubs
        where
            identity_key in (from _touched_keys)
            and identity_key not in (select identity_key from _hubs)
        """
    )
    connection.execute("delete from identity.hubs where identity_key in (from _touched_keys)")
    connection.execute("insert into identity.hubs from _hubs")
    touch(
        connection,
        "select unnest([from_key, to_key]) from _tied"
        " where from_key in (from _turned) or to_key in (from _turned)",
    )


def _is_small(connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether looking touched keys up costs less than reading everything."""
    row = connection.execute(
        "select (select count(*) from _touched_keys) * 4 < (select count(*) from identity.evidence)"
    ).fetchone()
    return bool(row and row[0])


def take_scope(connection: duckdb.DuckDBPyConnection) -> int:
    """Every key whose customer may change, as temp table `_scope`; returns how many these are.

    That is everything touched, and the components it was part of. Both ends of every edge that is
    new are touched, so the old components together with what is new hold all that can hang
    together now.
    """
    connection.execute(
        """
        create or replace temp table _scope as
        select identity_key from touched
        union
        select identity_key from identity.nodes
        where component in (
            select component from identity.nodes
            where identity_key in (select identity_key from touched)
        )
        """
    )
    return int(connection.execute("select count(*) from _scope").fetchall()[0][0])
