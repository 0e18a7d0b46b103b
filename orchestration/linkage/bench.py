"""A database of its own for linkage, so that nothing of Splink is ever left in the warehouse."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from orchestration.linkage.records import GIVEN, RECORDS
from orchestration.linkage.settings import LinkageSettings
from orchestration.sql import identifier

CHANGED = "linkage_changed"


@contextmanager
def open_bench(connection: duckdb.DuckDBPyConnection) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database in memory with the limits of the caller's, gone at the end."""
    row = connection.execute(
        "select current_setting('threads'), current_setting('memory_limit'),"
        " current_setting('temp_directory')"
    ).fetchone()
    threads, memory, temporary = row or (1, "1GB", "")
    spill = str(Path(temporary) / "linkage") if temporary else ""
    config = {"threads": threads, "memory_limit": memory, "temp_directory": spill}
    with duckdb.connect(config=config) as bench:
        yield bench


def copy_records(
    connection: duckdb.DuckDBPyConnection,
    bench: duckdb.DuckDBPyConnection,
    records: str,
    settings: LinkageSettings,
) -> None:
    """Copy what is compared of the records to the bench, as `linkage_given`."""
    columns = [identifier(item.column) for item in settings.attributes]
    given = connection.execute(
        f"select {record_columns(settings)}, {', '.join(columns)} from {records}"
    ).to_arrow_table()
    bench.register("given", given)
    bench.execute(f"create or replace table {GIVEN} as select * from given")
    bench.unregister("given")


def record_columns(settings: LinkageSettings) -> str:
    """SQL for a record's own id, what it is known to belong to, and by what is not compared."""
    entity = identifier(settings.entity) if settings.entity else "record_id"
    numbered = identifier(settings.numbered) if settings.numbered else "null"
    return (
        "cast(record_id as varchar) as record_id,"
        f" coalesce(cast({entity} as varchar), cast(record_id as varchar)) as entity_id,"
        f" cast({numbered} as varchar) as numbered_id"
    )


def copy_changed(
    connection: duckdb.DuckDBPyConnection, bench: duckdb.DuckDBPyConnection, changed: str
) -> None:
    """Copy the numbers of the changed records to the bench, as `linkage_changed`."""
    ids = connection.execute(
        f"select distinct cast(record_id as varchar) as record_id from {changed}"
    ).to_arrow_table()
    bench.register("given", ids)
    bench.execute(
        f"create or replace table {CHANGED} as"
        f" select record_no from {RECORDS} semi join given using (record_id)"
    )
    bench.unregister("given")
