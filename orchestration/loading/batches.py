"""One delivery, read and proven complete before anything is inserted."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from orchestration.config import LimitSettings
from orchestration.dialects import Dialect
from orchestration.errors import DeliveryRefused
from orchestration.loading.casting import Origin, batch_sql
from orchestration.loading.deliveries import ArrivedFile, Delivery
from orchestration.loading.drift import refuse_twins, source_of
from orchestration.loading.encodings import told_encoding
from orchestration.loading.readable import Readable, Reader
from orchestration.loading.relations import Rejects, relation_sql
from orchestration.sql import identifier, literal

BAD_SHARE, REASONS_TOLD = "bad_share", 3
DUCKDB_SQL_ERRORS = (
    duckdb.BinderException,
    duckdb.CatalogException,
    duckdb.ParserException,
    duckdb.PermissionException,
)
DUCKDB_DATA_ERRORS = (duckdb.DataError, duckdb.ProgrammingError, duckdb.PermissionException)


@dataclass
class Batch:
    """A delivery staged in a temporary table, its rows accounted for.

    Several batches may share the table: `_delivery_id` tells their rows apart.
    """

    delivery: Delivery
    name: str = ""
    files: list[Readable] = field(default_factory=list)
    records_in_files: int = 0
    records_by_file: dict[str, int] = field(default_factory=dict)
    rows_loaded: int = 0
    rows_bad: int = 0
    rejects: list[Rejects] = field(default_factory=list)
    rows_rejected: int = 0
    warnings: list[str] = field(default_factory=list)

    @property
    def rows_quarantined(self) -> int:
        """Rows set aside, one by one."""
        return self.rows_bad + self.rows_rejected

    @property
    def rows_delivered(self) -> int:
        """Every row there was."""
        return self.rows_loaded + self.rows_quarantined


def stage(
    connection: duckdb.DuckDBPyConnection, archive: Path, reader: Reader, batch: Batch
) -> None:
    """Read a delivery into its temporary table; raise DeliveryRefused if rows do not add up."""
    with data_errors_refuse(batch):
        sql = rows_sql(connection, archive, reader, batch)
        connection.execute(f"create temp table {batch.name} as {sql}")
        _count_rows(connection, batch)
    try:
        prove(connection, batch, reader.limits)
    except DeliveryRefused as error:
        if error.code != BAD_SHARE:
            raise
        reason = f"{error.reason}: {_worst_reasons(connection, batch)}"
        raise DeliveryRefused(error.code, reason, error.records) from error


def _worst_reasons(connection: duckdb.DuckDBPyConnection, batch: Batch) -> str:
    """Why most of the bad rows of a staged batch are bad; without values."""
    found = connection.execute(
        f"select _reason, count(*) from {batch.name} where _reason is not null"
        " group by all order by 2 desc, 1 limit ?",
        [REASONS_TOLD],
    ).fetchall()
    told = [f"{reason} ({count:,})" for reason, count in found]
    told += [f"unreadable lines ({batch.rows_rejected:,})"] if batch.rows_rejected else []
    return ", ".join(told)


def prove(connection: duckdb.DuckDBPyConnection, batch: Batch, limits: LimitSettings) -> None:
    """Raise DeliveryRefused if the rows of a batch do not add up, or too many are bad."""
    about = told_encoding(batch.files, limits) if batch.rows_rejected else None
    batch.warnings += [about] if about else []
    try:
        _prove_complete(connection, batch)
        refuse_too_many_bad_rows(batch)
    except DeliveryRefused as error:
        reason = f"{error.reason}; {about}" if about else error.reason
        raise DeliveryRefused(error.code, reason, error.records) from error


def rows_sql(
    connection: duckdb.DuckDBPyConnection, archive: Path, reader: Reader, batch: Batch
) -> str:
    """A select of the rows of a delivery as `batch_sql` makes them, its files counted before."""
    delivery = batch.delivery
    for name, dialect in delivery.relations.items():
        _read_relation(connection, archive, reader, batch, name, dialect)
    source = source_of(connection, delivery, batch.warnings)
    return batch_sql(delivery.contract, source, _origin(delivery), delivery.time_zone)


@contextmanager
def data_errors_refuse(batch: Batch) -> Iterator[None]:
    """What DuckDB says of the data of a delivery is a reason to refuse it."""
    try:
        yield
    except duckdb.Error as error:
        # what a damaged file makes a library throw comes as the plain class
        if not isinstance(error, DUCKDB_DATA_ERRORS) and type(error) is not duckdb.Error:
            raise
        raise DeliveryRefused("unreadable", _told(error), batch.records_in_files) from error


def _origin(delivery: Delivery) -> Origin:
    return Origin(
        literal(delivery.delivery_id), f"cast({literal(delivery.received_at)} as timestamp)"
    )


def refuse_too_many_bad_rows(batch: Batch) -> None:
    """Raise DeliveryRefused when more rows are bad than the contract allows."""
    limit = batch.delivery.contract.max_bad_share
    if batch.rows_delivered and batch.rows_quarantined / batch.rows_delivered > limit:
        raise DeliveryRefused(
            BAD_SHARE,
            f"{batch.rows_quarantined} of {batch.rows_delivered} rows break the contract, more"
            f" than the {limit:.0%} it allows",
            batch.records_in_files,
        )


def _told(error: duckdb.Error) -> str:
    """What DuckDB said; of an error about data only what stands before the first value.

    Reasons are published, and values may be personal.
    """
    text = " ".join(str(error).split())
    if not isinstance(error, DUCKDB_SQL_ERRORS):
        text = re.split("['\"]", text, maxsplit=1)[0] + "..."
    return text[:300]


def _read_relation(
    connection: duckdb.DuckDBPyConnection,
    archive: Path,
    reader: Reader,
    batch: Batch,
    name: str,
    dialect: Dialect,
) -> None:
    """Count the files of one relation and make it a temporary view."""
    files = [file for file in batch.delivery.files if file.relation == name]
    found = [count(archive, reader, batch, file, dialect) for file in files]
    headers = {file.records.header for file in found}
    if len(headers) > 1:
        raise DeliveryRefused("header", f"the files of `{name}` have different headers")
    refuse_twins(found[0].records.header)
    rejects = Rejects(f"_rejects_{batch.name}_{len(batch.rejects)}")
    select = relation_sql(found, rejects, reader.limits)
    names = [row[0].lower() for row in connection.execute(f"describe {select}").fetchall()]
    if names.count("_row_number") > 1:
        raise DeliveryRefused("header", "its column _row_number has the name of the loader's own")
    if dialect.format != "parquet":
        batch.rejects.append(rejects)
    connection.execute(f"create or replace temp view {identifier(name)} as {select}")


def count(
    archive: Path, reader: Reader, batch: Batch, file: ArrivedFile, dialect: Dialect
) -> Readable:
    """Count the records of one file of a batch, on its bytes."""
    found = reader.read(archive / file.sha256, file.file_name, dialect)
    batch.files.append(found)
    batch.records_by_file[file.sha256] = found.records.count
    batch.records_in_files += found.records.count
    return found


def _count_rows(connection: duckdb.DuckDBPyConnection, batch: Batch) -> None:
    row = connection.execute(f"select count(*), count(_reason) from {batch.name}").fetchone()
    total, bad = row if row else (0, 0)
    batch.rows_bad, batch.rows_loaded = bad, total - bad
    count_rejected(connection, batch)


def count_rejected(connection: duckdb.DuckDBPyConnection, batch: Batch) -> None:
    """Count the lines that DuckDB could not read."""
    batch.rows_rejected = sum(_rejected(connection, rejects) for rejects in batch.rejects)


def _rejected(connection: duckdb.DuckDBPyConnection, rejects: Rejects) -> int:
    sql = f"select count(distinct (file_id, line_byte_position)) from {rejects.errors}"
    row = connection.execute(sql).fetchone()
    return int(row[0]) if row else 0


def _prove_complete(connection: duckdb.DuckDBPyConnection, batch: Batch) -> None:
    """What the reader gave must equal what was counted on the bytes."""
    delivery = batch.delivery
    if delivery.feed is None or not delivery.is_whole:
        read = batch.rows_delivered
    else:
        read = batch.rows_rejected + sum(_rows(connection, name) for name in delivery.feed.files)
        first = next(iter(delivery.feed.files))
        if delivery.feed.rows == "preserve":
            _prove_preserved(_rows(connection, first), batch)
    if read != batch.records_in_files:
        raise DeliveryRefused(
            "conservation",
            f"{batch.records_in_files} records were counted but {read} were read"
            " (a stray quote or line break?)",
            batch.records_in_files,
        )


def _prove_preserved(rows: int, batch: Batch) -> None:
    if rows != batch.rows_loaded + batch.rows_bad:
        raise DeliveryRefused(
            "feed",
            f"its feed says `rows: preserve` but makes {batch.rows_loaded + batch.rows_bad} rows"
            f" of {rows}",
            batch.records_in_files,
        )


def _rows(connection: duckdb.DuckDBPyConnection, relation: str) -> int:
    row = connection.execute(f"select count(*) from {identifier(relation)}").fetchone()
    return int(row[0]) if row else 0


def quarantine_rejects_sql(batch: Batch, rejects: Rejects, table: str) -> str:
    """Insert the lines that DuckDB could not read into the quarantine, one row each."""
    delivery = batch.delivery
    return f"""
        insert into quarantine.{identifier(table)}
        select {literal(delivery.delivery_id)}, min(line),
            'unreadable line: ' || lower(string_agg(distinct error_type::varchar, ', ')),
            any_value(csv_line), {literal(delivery.received_at)}::timestamp, $loaded_at
        from {rejects.errors} group by file_id, line_byte_position
    """
