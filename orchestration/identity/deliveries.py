"""Which deliveries are new to what was read from raw, and which were taken back."""

from __future__ import annotations

from collections.abc import Mapping

import duckdb

from orchestration.sql import literal


def find_deliveries(
    connection: duckdb.DuckDBPyConnection,
    versions: Mapping[str, str],
    read: str,
    subject: str = "deliveries",
) -> None:
    """`_in_force`: what has to be read now; `_new_<subject>` of it, and `_gone_<subject>`.

    `versions` tell of each contract how its rows are read, `read` is the table of what was read. A
    delivery is both gone and new when a run loaded it anew, when rows of it were mended, and when
    its contract came to be read otherwise.
    """
    rows = ", ".join(f"({literal(slug)}, {literal(text)})" for slug, text in versions.items())
    connection.execute(
        f"""
        create or replace temp table _in_force as
        select deliveries.delivery_id, deliveries.run_id, deliveries.contract, readings.version
        from quality.deliveries as deliveries
        inner join (values {rows or "(null, null)"}) as readings (contract, version)
            using (contract)
        where deliveries.status = 'loaded'
        """
    )
    for name, given, other in (
        (f"_new_{subject}", "_in_force", read),
        (f"_gone_{subject}", read, "_in_force"),
    ):
        connection.execute(
            f"create or replace temp table {name} as from {given} except all from {other}"
        )
