"""Tables as bytes of the formats that systems export; the same table gives the same bytes."""

from __future__ import annotations

import gzip
import io
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import IO, cast

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from orchestration.sql import identifier, literal

GZIP_LEVEL = 1


class ExtractFile:
    """One file of an extract, written table by table."""

    def __init__(self, path: Path, file_format: str) -> None:
        """Open `path`; a name that ends in .gz is compressed."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self.rows = 0
        self._format = file_format
        self._file = path.open("wb")
        self._stream = _packed(self._file, path)
        self._parquet: pq.ParquetWriter | None = None

    def write(self, table: pa.Table) -> None:
        """Append rows; every table has the same columns."""
        if self._format == "parquet":
            if self._parquet is None:
                self._parquet = pq.ParquetWriter(self._stream, table.schema, compression="zstd")
            self._parquet.write_table(table)
        elif self._format == "csv":
            self._stream.write(_csv(table, with_header=self.rows == 0))
        else:
            self._stream.write(_json_lines(table))
        self.rows += table.num_rows

    def close(self) -> None:
        """Finish the file."""
        if self._parquet is not None:
            self._parquet.close()
        self._stream.close()
        self._file.close()


class WrittenBefore(ExtractFile):
    """A file that an earlier simulation wrote: its rows are counted and left alone."""

    def __init__(self, path: Path, file_format: str) -> None:
        """Open nothing."""
        self.path = path
        self.rows = 0

    def write(self, table: pa.Table) -> None:
        """Count the rows."""
        self.rows += table.num_rows

    def close(self) -> None:
        """Nothing is open."""


def _packed(file: IO[bytes], path: Path) -> IO[bytes]:
    if path.suffix == ".gz":
        return cast(IO[bytes], gzip.GzipFile("", "wb", GZIP_LEVEL, file, mtime=0))
    return file


def as_text(table: pa.Table) -> pa.Table:
    """Every column as the text that a csv shows; null stays null."""
    return pa.table({name: pc.cast(table[name], pa.string()) for name in table.column_names})


def _csv(table: pa.Table, *, with_header: bool) -> bytes:
    buffer = io.BytesIO()
    options = pa_csv.WriteOptions(include_header=with_header, quoting_style="needed")
    pa_csv.write_csv(table, buffer, options)
    return buffer.getvalue()


def _json_lines(table: pa.Table) -> bytes:
    """One object a line, without the keys that have no value."""
    fields = [_json_field(field) for field in table.schema]
    connection = _memory()
    connection.register("rows", table)
    found = connection.execute(
        f"select '{{' || concat_ws(',', {', '.join(fields)}) || '}}' as line from rows"
    ).to_arrow_table()
    connection.unregister("rows")
    return b"".join(_joined(chunk) for chunk in found.column("line").chunks)


@cache
def _memory() -> duckdb.DuckDBPyConnection:
    """One connection for all files: opening costs 12 ms. One thread keeps rows in order."""
    return duckdb.connect(config={"threads": 1})


def _json_field(field: pa.Field) -> str:
    name = identifier(field.name)
    value = name
    if pa.types.is_timestamp(field.type):
        value = f"strftime({name}, '%Y-%m-%dT%H:%M:%S.%gZ')"
    return f"{literal(chr(34) + field.name + chr(34) + ':')} || to_json({value})"


def _joined(lines: Iterable[pa.Scalar]) -> bytes:
    texts = cast(pa.Array, lines).to_pylist()
    return ("\n".join(texts) + "\n").encode() if texts else b""
