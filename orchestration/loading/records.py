"""Physical records of a file, counted without the reader that loads them.

A reader's own counts prove nothing: a stray quote can swallow a line, or a whole file, without
an error. These counts look at bytes only.
"""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, TypeAlias, cast

import numpy as np

from orchestration.contracts import Dialect
from orchestration.errors import DeliveryRefused

if TYPE_CHECKING:
    Buffered: TypeAlias = io.BufferedReader[io.RawIOBase]

CHUNK_BYTES = 4 << 20
MAX_RECORD_BYTES = 16 << 20
NEWLINE, CARRIAGE_RETURN = 0x0A, 0x0D
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Records:
    """How many records a file holds and, for a csv, the names in its header.

    Of a parquet file `types` are its columns, as it declares them.
    """

    count: int
    header: tuple[str, ...] = ()
    types: str = ""


def compression(file_name: str) -> str:
    """`gzip`, `zstd` or `none`, by the name the file was delivered under."""
    suffix = Path(file_name).suffix.lower()
    return {".gz": "gzip", ".zst": "zstd"}.get(suffix, "none")


def count_records(path: Path, file_name: str, dialect: Dialect) -> Records:
    """Count the records of one file; raise DeliveryRefused when it cannot be read whole."""
    if dialect.format == "parquet":
        return _count_parquet(path)
    with _open(path, compression(file_name)) as stream:
        return _count_text(stream, dialect)


def _count_parquet(path: Path) -> Records:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            return Records(file.metadata.num_rows, types=file.schema_arrow.to_string())
    except (pa.ArrowException, OSError) as error:
        raise DeliveryRefused("unreadable", "it is no complete parquet file") from error


def _open(path: Path, kind: str) -> IO[bytes]:
    """Open for reading; both decompressors raise when the data ends early."""
    if kind == "gzip":
        return cast(IO[bytes], gzip.open(path, "rb"))
    if kind == "zstd":
        import pyarrow as pa

        return cast(IO[bytes], pa.input_stream(path, compression="zstd"))
    return path.open("rb")


def _count_text(stream: IO[bytes], dialect: Dialect) -> Records:
    count = 0
    header: tuple[str, ...] = ()
    try:
        buffered: Buffered = io.BufferedReader(cast(io.RawIOBase, stream), CHUNK_BYTES)
        _skip(buffered, dialect.skip)
        header = _read_header(buffered, dialect)
        for block in _blocks(buffered, dialect):
            count += _records_in(block, dialect)
    except (EOFError, OSError, zlib.error) as error:
        raise DeliveryRefused(
            "truncated",
            f"its compressed data ends early or is damaged after {count} records",
            count,
        ) from error
    except csv.Error as error:
        raise DeliveryRefused(
            "header", "its header is not one readable line (lone carriage returns?)"
        ) from error
    except DeliveryRefused as error:
        raise DeliveryRefused(error.code, error.reason, count) from error
    return Records(count, header)


def _skip(stream: Buffered, lines: int) -> None:
    """Drop the declared leading lines and a byte order mark."""
    if stream.peek(3)[:3] == BYTE_ORDER_MARK:
        stream.read(3)
    for _ in range(lines):
        stream.readline()


def _read_header(stream: Buffered, dialect: Dialect) -> tuple[str, ...]:
    if dialect.format != "csv":
        return ()
    if not dialect.header:
        return dialect.columns
    line = stream.readline(MAX_RECORD_BYTES).decode(dialect.encoding, errors="replace")
    rows = csv.reader([line.rstrip("\r\n")], delimiter=dialect.delimiter, quotechar=dialect.quote)
    names = tuple(name.strip() for name in next(iter(rows), []))
    if not all(name.isprintable() for name in names):
        raise DeliveryRefused("header", f"its header is not readable text in {dialect.encoding}")
    if not names or len(set(names)) < len(names) or "" in names:
        raise DeliveryRefused("header", "its header is empty or names a column twice")
    return names


def _blocks(stream: Buffered, dialect: Dialect) -> Iterator[bytes]:
    """Pieces of the stream that begin and end at a record."""
    rest = b""
    while chunk := stream.read(CHUNK_BYTES):
        data = rest + chunk
        end = _last_record_end(data, dialect)
        rest = data[end:]
        if len(rest) > MAX_RECORD_BYTES:
            raise DeliveryRefused("record_size", "a record does not end (an unclosed quote?)")
        if end:
            yield data[:end]
    if rest:
        yield rest if rest.endswith(b"\n") else rest + b"\n"


def _last_record_end(data: bytes, dialect: Dialect) -> int:
    if not _is_multiline(dialect):
        return data.rfind(b"\n") + 1
    array = np.frombuffer(data, np.uint8)
    ends = np.flatnonzero((array == NEWLINE) & (_inside_quotes(array, dialect) == 0))
    return int(ends[-1]) + 1 if len(ends) else 0


def _records_in(block: bytes, dialect: Dialect) -> int:
    """Lines that are not empty, or records whose line breaks stand outside quotes."""
    array = np.frombuffer(block, np.uint8)
    is_end = array == NEWLINE
    if _is_multiline(dialect):
        inside = _inside_quotes(array, dialect)
        _refuse_stray_quotes(array, inside, dialect)
        is_end &= inside == 0
    ends = np.flatnonzero(is_end)
    starts = np.concatenate(([0], ends[:-1] + 1))
    lengths = ends - starts
    lengths = lengths - ((lengths > 0) & (array[ends - 1] == CARRIAGE_RETURN))
    return int(np.count_nonzero(lengths > 0))


def _is_multiline(dialect: Dialect) -> bool:
    return dialect.format == "csv" and dialect.multiline


def _inside_quotes(array: np.ndarray, dialect: Dialect) -> np.ndarray:
    """For each byte, 1 while a quote is open (the opening quote included), else 0."""
    parity: np.ndarray = np.cumsum(array == ord(dialect.quote), dtype=np.int64) & 1
    return parity


def _refuse_stray_quotes(array: np.ndarray, inside: np.ndarray, dialect: Dialect) -> None:
    """A quote may open only after, and close only before, a delimiter, line end or quote."""
    if inside[-1]:
        raise DeliveryRefused("stray_quote", "a quote is opened and never closed")
    edges = [ord(dialect.quote), ord(dialect.delimiter), NEWLINE, CARRIAGE_RETURN]
    is_edge = np.isin(array, edges)
    quotes = np.flatnonzero(array == ord(dialect.quote))
    opening, closing = quotes[inside[quotes] == 1], quotes[inside[quotes] == 0]
    bad_open = (opening > 0) & ~is_edge[np.maximum(opening - 1, 0)]
    bad_close = ~is_edge[np.minimum(closing + 1, len(array) - 1)]
    if bad_open.any() or bad_close.any():
        raise DeliveryRefused("stray_quote", "a quote stands in the middle of a value")
