"""The keys that a run touches: the temp table `touched`."""

from __future__ import annotations

import duckdb


def begin_touching(connection: duckdb.DuckDBPyConnection) -> None:
    """Nothing is touched yet."""
    connection.execute("create or replace temp table touched (identity_key varchar)")


def touch(connection: duckdb.DuckDBPyConnection, select: str) -> None:
    """Add the keys that a query gives; keys may come again.

    The table is made anew: in DuckDB 1.5.5 a transaction that inserts no row and then more than a
    row group into one table loses the latter without an error.
    """
    connection.execute(f"create or replace temp table _more (identity_key) as {select}")
    if connection.execute("from _more limit 1").fetchall():
        connection.execute(
            "create or replace temp table touched as from touched union all from _more"
        )
