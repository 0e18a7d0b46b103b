"""Many small files of one contract, staged by one statement and accounted for one by one.

One statement a file costs 25 ms, most of it planning. A file that does not add up is left out
here and staged alone, where it is loaded, set aside in part or refused with its reason.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path

import duckdb

from orchestration.errors import DeliveryRefused
from orchestration.loading.batches import Batch, count, refuse_too_many_bad_rows
from orchestration.loading.casting import Origin, batch_sql, known_columns
from orchestration.loading.deliveries import Delivery, digest
from orchestration.loading.drift import source_of
from orchestration.loading.readable import Reader
from orchestration.loading.relations import Rejects, file_keys, files_sql
from orchestration.sql import identifier

SMALL_BYTES = 1 << 20
MOST_FILES = 500
ORIGIN = Origin("_file_delivery_id", "_file_received_at")
OWN_COLUMNS = ("_path", "_position", "_row_number", ORIGIN.delivery_id, ORIGIN.received_at)


def stage_together(
    connection: duckdb.DuckDBPyConnection,
    archive: Path,
    reader: Reader,
    deliveries: Sequence[Delivery],
) -> list[Batch]:
    """Stage the small files among the deliveries of one contract; returns those that add up."""
    small = [
        item
        for item in deliveries
        if item.feed is None and all(file.size_bytes <= SMALL_BYTES for file in item.files)
    ]
    alike = _alike(archive, reader, small) if len(small) > 1 else []
    return [batch for batches in alike for batch in _stage(connection, reader, batches)]


def _alike(archive: Path, reader: Reader, deliveries: Sequence[Delivery]) -> Iterator[list[Batch]]:
    """Readable files of the same columns and compression, so many that one statement takes."""
    batches: dict[tuple[object, ...], list[Batch]] = defaultdict(list)
    for delivery in deliveries:
        batch, [file] = Batch(delivery), delivery.files
        try:
            readable = count(archive, reader, batch, file, delivery.dialect)
        except DeliveryRefused:
            continue
        records = readable.records
        if any(name in f"{records.header} {records.types}".lower() for name in OWN_COLUMNS):
            continue
        told = delivery.dialect.format
        layout = (told, records.header, records.types, records.has_returns, readable.compression)
        batches[layout].append(batch)
    for found in batches.values():
        for start in range(0, len(found), MOST_FILES):
            yield found[start : start + MOST_FILES]


def _stage(
    connection: duckdb.DuckDBPyConnection, reader: Reader, batches: Sequence[Batch]
) -> list[Batch]:
    """Stage alike files; where DuckDB raises, each half by itself until the culprit is alone."""
    if len(batches) < 2:
        return []
    try:
        return _read(connection, reader, batches)
    except (duckdb.Error, DeliveryRefused):
        half = len(batches) // 2
        return [
            batch
            for part in (batches[:half], batches[half:])
            for batch in _stage(connection, reader, part)
        ]


def _read(
    connection: duckdb.DuckDBPyConnection, reader: Reader, batches: Sequence[Batch]
) -> list[Batch]:
    contract, dialect = batches[0].delivery.contract, batches[0].delivery.dialect
    name = "_batch_" + digest(*(batch.delivery.delivery_id for batch in batches))
    rejects = Rejects(f"_rejects_{name}")
    _make_relation(connection, reader, batches, rejects)
    if dialect.is_json and (parts := _by_keys(connection, batches)):
        return [batch for part in parts for batch in _stage(connection, reader, part)]
    warnings: list[str] = []
    source = source_of(connection, batches[0].delivery, warnings, OWN_COLUMNS)
    sql = batch_sql(contract, source, ORIGIN, contract.time_zone)
    connection.execute(f"create temp table {name} as {sql}")
    counts = _counts(connection, name)
    rejected = _rejected_files(connection, rejects) if dialect.format != "parquet" else ()
    for batch in batches:
        batch.name, batch.warnings = name, list(warnings)
        total, batch.rows_bad = counts.get(batch.delivery.delivery_id, (0, 0))
        batch.rows_loaded = total - batch.rows_bad
    sound = [
        batch for batch in batches if _adds_up(batch) and str(batch.files[0].path) not in rejected
    ]
    _keep_only(connection, name, sound)
    return sound


def _make_relation(
    connection: duckdb.DuckDBPyConnection,
    reader: Reader,
    batches: Sequence[Batch],
    rejects: Rejects,
) -> None:
    """The view `delivery`: rows of all files, numbered in each, with the origin of each."""
    deliveries = [batch.delivery for batch in batches]
    files = [batch.files[0] for batch in batches]
    connection.execute(
        "create or replace temp table _files as select unnest($1) as _path,"
        " unnest($2) as _file_delivery_id, unnest($3) as _file_received_at",
        [
            [str(file.path) for file in files],
            [delivery.delivery_id for delivery in deliveries],
            [delivery.received_at for delivery in deliveries],
        ],
    )
    sql = files_sql(files, rejects, reader.limits, "_files")
    connection.execute(f"create or replace temp view {identifier('delivery')} as {sql}")


def _by_keys(connection: duckdb.DuckDBPyConnection, batches: Sequence[Batch]) -> list[list[Batch]]:
    """Files of json lines by the keys unknown to the contract; empty where all have the same."""
    known = known_columns(batches[0].delivery.contract)
    keys = dict(connection.execute(file_keys("delivery")).fetchall())

    def unknown(batch: Batch) -> list[str]:
        return sorted(set(keys.get(batch.delivery.delivery_id, ())) - known)

    parts = [list(part) for _, part in groupby(sorted(batches, key=unknown), key=unknown)]
    return parts if len(parts) > 1 else []


def _counts(connection: duckdb.DuckDBPyConnection, name: str) -> dict[str, tuple[int, int]]:
    rows = connection.execute(
        f"select _delivery_id, count(*), count(_reason) from {name} group by all"
    ).fetchall()
    return {delivery_id: (total, bad) for delivery_id, total, bad in rows}


def _rejected_files(connection: duckdb.DuckDBPyConnection, rejects: Rejects) -> set[str]:
    """The paths of files of which DuckDB could not read every line."""
    rows = connection.execute(
        f"select distinct file_path from {rejects.errors}"
        f" inner join {rejects.scans} using (scan_id, file_id)"
    ).fetchall()
    return {row[0] for row in rows}


def _adds_up(batch: Batch) -> bool:
    try:
        refuse_too_many_bad_rows(batch)
    except DeliveryRefused:
        return False
    return batch.rows_delivered == batch.records_in_files


def _keep_only(connection: duckdb.DuckDBPyConnection, name: str, sound: Sequence[Batch]) -> None:
    connection.execute(
        f"delete from {name} where _delivery_id not in (select unnest($1::varchar[]))",
        [[batch.delivery.delivery_id for batch in sound]],
    )
    if not sound:
        connection.execute(f"drop table {name}")
