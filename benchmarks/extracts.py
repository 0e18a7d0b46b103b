"""Extracts of any size for any contract, written by DuckDB: the same bytes on every machine."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from orchestration.contracts import Column, Contract
from orchestration.sql import identifier, literal, literals

FIRST_RECEIPT = dt.date(2026, 2, 1)
ROWS_OF_SAMPLE = 20_000
SUFFIXES = {"csv": "csv", "jsonl": "jsonl", "parquet": "parquet"}
NULL_PERCENT = 30
BAD_ROWS_EVERY = 1000
WORDS = ("winter coat", "red shoes, size 42", 'screen 27" curved', "blue", "Gärten & Höfe", "gift")
AGREED = {"currency": ("EUR", "USD", "GBP"), "country": ("DE", "HU", "FR")}


@dataclass(frozen=True)
class Extract:
    """One file to write: of which contract, in which format, how large, with bad rows or not."""

    contract: Contract
    format: str
    megabytes: float
    has_bad_rows: bool = False

    @property
    def name(self) -> str:
        """The name of the file, of which the loader takes the date of receipt."""
        kind = "bad" if self.has_bad_rows else "clean"
        return f"{self.contract.table}_{kind}_{FIRST_RECEIPT:%Y%m%d}.{SUFFIXES[self.format]}"


def write_extract(extract: Extract, folder: Path) -> Path:
    """Write an extract of about the size wanted; a parquet file holds the rows of such a csv."""
    path = folder / extract.name
    if path.exists():
        return path
    rows = ROWS_OF_SAMPLE
    with duckdb.connect() as connection:
        sample = folder / f"sample.{extract.format}"
        as_text = "csv" if extract.format == "parquet" else extract.format
        _write(connection, extract, as_text, rows, sample)
        rows = max(1, int(rows * extract.megabytes * 1e6 / sample.stat().st_size))
        sample.unlink()
        _write(connection, extract, extract.format, rows, path)
    return path


def write_small_files(contract: Contract, format_: str, files: int, folder: Path) -> None:
    """Write files of fifty rows each, a day apart."""
    with duckdb.connect() as connection:
        for number in range(files):
            day = FIRST_RECEIPT + dt.timedelta(days=number)
            path = folder / f"{contract.table}_{day:%Y%m%d}.{SUFFIXES[format_]}"
            extract = Extract(contract, format_, 0)
            _write(connection, extract, format_, 50, path, first=number * 50)


def _write(
    connection: duckdb.DuckDBPyConnection,
    extract: Extract,
    format_: str,
    rows: int,
    path: Path,
    first: int = 0,
) -> None:
    connection.execute("set enable_progress_bar = false")
    options = {
        "csv": "format csv, header true",
        "jsonl": "format json",
        "parquet": "format parquet, compression zstd",
    }[format_]
    sql = rows_sql(extract, range(first, first + rows), typed=format_ == "parquet")
    connection.execute(f"copy ({sql}) to {literal(path)} ({options})")


def rows_sql(extract: Extract, numbers: range, typed: bool) -> str:
    """A select of generated rows: as text, or in the contract's types."""
    columns = extract.contract.columns
    values = [
        f"{_value(column, salt, extract, typed)} as {identifier(column.name)}"
        for salt, column in enumerate(columns)
    ]
    return f"select {', '.join(values)} from range({numbers.start}, {numbers.stop}) as rows(i)"


def _value(column: Column, salt: int, extract: Extract, typed: bool) -> str:
    value = f"cast({_text(column, salt)} as varchar)"
    spoiled = extract.has_bad_rows and column.name == _spoiled(extract.contract)
    if not column.is_required:
        value = f"case when hash(i, {salt + 1000}) % 100 >= {NULL_PERCENT} then {value} end"
    if spoiled:
        value = f"case when i % {BAD_ROWS_EVERY} = 7 then '-' else {value} end"
    return f"try_cast({value} as {column.type})" if typed else value


def _spoiled(contract: Contract) -> str:
    """A required column whose bad values are seen: no number, no time, or missing in parquet."""
    required = [column for column in contract.columns if column.is_required]
    return next(column.name for column in required if column.type != "varchar")


def _text(column: Column, salt: int) -> str:
    """SQL for one value; `i` is the number of the row."""
    draw = f"hash(i, {salt})"
    if column.is_key and column.type == "varchar":
        return f"{literal(column.name[:3])} || lpad(i::varchar, 12, '0')"
    if column.values:
        return _one_of(column.values, draw)
    if column.pattern:
        return _one_of(AGREED[column.name], draw)
    if column.type == "timestamp":
        return f"(timestamp '2026-01-01' + to_seconds(({draw} % 2592000)::bigint))"
    if column.type == "date":
        return f"(date '2026-01-01' + ({draw} % 30)::integer)"
    if column.type == "boolean":
        return f"({draw} % 2 = 0)"
    if column.type != "varchar":
        high = int(column.maximum) if column.maximum is not None else 10_000
        whole = f"({draw} % {high + 1})"
        is_whole = column.type in ("bigint", "integer")
        return whole if is_whole else f"({whole} / 4)::decimal(18, 2)"
    if column.pii == "email":
        return f"'Customer.' || ({draw} % 50000) || '@example.com'"
    if column.pii == "phone":
        return f"'+49 30 ' || lpad(({draw} % 50000)::varchar, 6, '0')"
    if column.name.endswith("_id"):
        return f"{literal(column.name[:3])} || ({draw} % 100000)"
    return f"{_one_of(WORDS, draw)} || ({draw} % 1000)"


def _one_of(values: Sequence[str], draw: str) -> str:
    return f"{literals(values)}[({draw} % {len(values)})::integer + 1]"
