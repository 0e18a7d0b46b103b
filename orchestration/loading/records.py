"""Physical records of a file, counted without the reader that loads them.

A reader's own counts prove nothing: a stray quote can swallow a line, or a whole file, without
an error. These counts look at bytes only.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, TypeAlias, cast

import numpy as np

from orchestration.config import LimitSettings
from orchestration.dialects import Dialect
from orchestration.errors import DeliveryRefused
from orchestration.loading import opening
from orchestration.loading.converting import BYTE_ORDER_MARK, invalid_byte
from orchestration.loading.opening import DAMAGED
from orchestration.loading.quotes import (
    CARRIAGE_RETURN,
    NEWLINE,
    inside_quotes,
    quotes_of,
    refuse_stray_quotes,
)
from orchestration.loading.tables_in_file import refuse_second_table

if TYPE_CHECKING:
    Buffered: TypeAlias = io.BufferedReader[io.RawIOBase]

csv.field_size_limit(1 << 31)  # values are limited by the settings of a company


@dataclass(frozen=True)
class Records:
    """How many records a file holds and, for a csv, the names in its header.

    Of a parquet file `types` are its columns, as it declares them. Line ends are uneven where
    some record ends with CRLF (`has_returns`), and another or a line within a value with LF.
    """

    count: int
    header: tuple[str, ...] = ()
    types: str = ""
    has_returns: bool = False
    is_uneven: bool = False


def count_parquet(path: Path, limits: LimitSettings) -> Records:
    """By the footer of the file."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            about = file.metadata
            groups = range(about.num_row_groups)
            size = sum(about.row_group(number).total_byte_size for number in groups)
            _refuse_more("rows", about.num_rows, limits.rows)
            _refuse_more("columns", about.num_columns, limits.columns)
            _refuse_more("bytes decompressed", size, limits.uncompressed_bytes)
            return Records(about.num_rows, types=file.schema_arrow.to_string())
    except (pa.ArrowException, OSError) as error:
        raise DeliveryRefused("unreadable", "it is no complete parquet file") from error


def count_text(stream: IO[bytes], dialect: Dialect, limits: LimitSettings) -> Records:
    """Of UTF-8 text; raise DeliveryRefused when it cannot be read whole."""
    counter = _Counter(dialect, limits)
    try:
        buffered = io.BufferedReader(cast(io.RawIOBase, stream), opening.CHUNK_BYTES)
        counter.read(buffered)
    except DAMAGED as error:
        raise DeliveryRefused(
            "truncated",
            f"its compressed data ends early or is damaged after {counter.count} records",
            counter.count,
        ) from error
    except csv.Error as error:
        raise DeliveryRefused(
            "header",
            "its header is not one readable line (lone carriage returns? a stray quote? a line"
            " break in a name?)",
        ) from error
    except DeliveryRefused as error:
        records = max(error.records, counter.count)
        raise DeliveryRefused(error.code, error.reason, records) from error
    has_returns = counter.ends_with_return > 0
    return Records(counter.count, counter.header, "", has_returns, counter.is_uneven)


def even_lines(stream: IO[bytes], dialect: Dialect, limits: LimitSettings) -> Iterator[bytes]:
    """The text of a csv, each record ended by LF; line breaks within values stay as they are."""
    counter = _Counter(dialect, limits)
    buffered = io.BufferedReader(cast(io.RawIOBase, stream), opening.CHUNK_BYTES)
    counter.begin(buffered)
    if counter.header_line:
        yield counter.header_line + b"\n"
    for block in counter.blocks(buffered):
        array = np.frombuffer(block, np.uint8)
        ends = np.flatnonzero(counter.record_ends(array))
        ends = ends[ends > 0]
        yield np.delete(array, ends[array[ends - 1] == CARRIAGE_RETURN] - 1).tobytes()


class _Counter:
    """Counts the records of one stream, and refuses what no reader should meet."""

    def __init__(self, dialect: Dialect, limits: LimitSettings) -> None:
        self.dialect, self.limits = dialect, limits
        self.count, self.offset = 0, 0
        self.header: tuple[str, ...] = ()
        self.header_line = b""
        self.ends_with_return = self.other_line_feeds = 0

    @property
    def is_uneven(self) -> bool:
        """Whether records end with CRLF, and LF stands elsewhere too."""
        return self.dialect.format == "csv" and bool(self.ends_with_return * self.other_line_feeds)

    def read(self, stream: Buffered) -> None:
        """Read a stream to its end."""
        self.begin(stream)
        for block in self.blocks(stream):
            self.count += self._records_in(block)
            _refuse_more("rows", self.count, self.limits.rows)

    def begin(self, stream: Buffered) -> None:
        """Read what stands before the first record."""
        self._skip(stream)
        self.header = self._read_header(stream)

    def _skip(self, stream: Buffered) -> None:
        """Drop the declared leading lines and a byte order mark."""
        if stream.peek(3)[:3] == BYTE_ORDER_MARK:
            self.offset += len(stream.read(3))
        for _ in range(self.dialect.skip):
            self.offset += len(stream.readline())

    def _read_header(self, stream: Buffered) -> tuple[str, ...]:
        if self.dialect.format != "csv":
            return ()
        if not self.dialect.header:
            return self.dialect.columns
        line = stream.readline(self.limits.line_bytes)
        self.header_line = line.rstrip(b"\r\n")
        self.ends_with_return += line.endswith(b"\r\n")
        self.other_line_feeds += line.endswith(b"\n") and not line.endswith(b"\r\n")
        try:
            text = self.header_line.decode()
        except UnicodeDecodeError as error:
            offset = self.offset + error.start
            raise DeliveryRefused("encoding", invalid_byte("utf-8", offset)) from error
        self.offset += len(line)
        names = tuple(name.strip() for name in next(iter(self._values([text])), []))
        _refuse_more("columns", len(names), self.limits.columns)
        if not all(name.isprintable() for name in names):
            raise DeliveryRefused("header", "its header is not readable text")
        if not names or len(set(names)) < len(names) or "" in names:
            raise DeliveryRefused("header", "its header is empty or names a column twice")
        return names

    def _values(self, lines: list[str]) -> Iterator[list[str]]:
        """The values of csv lines."""
        dialect = self.dialect
        return csv.reader(
            lines,
            delimiter=dialect.delimiter,
            quotechar=dialect.quote or None,
            quoting=csv.QUOTE_MINIMAL if dialect.quote else csv.QUOTE_NONE,
            doublequote=dialect.escape in (None, dialect.quote),
            escapechar=None if dialect.escape in (None, dialect.quote) else dialect.escape,
            strict=True,
        )

    def blocks(self, stream: Buffered) -> Iterator[bytes]:
        """Pieces of the stream that begin and end at a record."""
        rest = b""
        while chunk := stream.read(opening.CHUNK_BYTES):
            self._refuse_nul(chunk)
            data = rest + chunk
            end = self._last_record_end(data)
            rest = data[end:]
            if len(rest) > self.limits.line_bytes:
                raise DeliveryRefused("record_size", "a record does not end (an unclosed quote?)")
            if end:
                yield data[:end]
        if rest and not rest.endswith(b"\n"):
            self.other_line_feeds -= 1
            rest += b"\n"
        if rest:
            yield rest

    def _refuse_nul(self, chunk: bytes) -> None:
        position = chunk.find(b"\0")
        if position >= 0:
            hint = " (is it utf-16?)" if self.offset + position < 2 or b"\0" in chunk[:4] else ""
            raise DeliveryRefused(
                "nul", f"a NUL byte stands at offset {self.offset + position:,} of its text{hint}"
            )
        self.offset += len(chunk)

    def _last_record_end(self, data: bytes) -> int:
        if not self._is_multiline:
            return data.rfind(b"\n") + 1
        array = np.frombuffer(data, np.uint8)
        is_inside = inside_quotes(quotes_of(array, self.dialect))
        ends = np.flatnonzero((array == NEWLINE) & (is_inside == 0))
        return int(ends[-1]) + 1 if len(ends) else 0

    def _records_in(self, block: bytes) -> int:
        """Lines that are not empty, or records whose line breaks stand outside quotes."""
        array = np.frombuffer(block, np.uint8)
        ends = np.flatnonzero(self.record_ends(array))
        starts = np.concatenate(([0], ends[:-1] + 1))
        has_return = (ends > starts) & (array[ends - 1] == CARRIAGE_RETURN)
        lengths = ends - starts - has_return
        returns = int(np.count_nonzero(has_return))
        self.ends_with_return += returns
        feeds = np.count_nonzero(array == NEWLINE) if self._is_multiline else len(ends)
        self.other_line_feeds += int(feeds) - returns
        self._refuse_large(block, starts, lengths)
        if self.dialect.format == "csv" and len(self.header) > 1:
            width = len(self.header)
            refuse_second_table(block, starts, lengths, self.header_line, self._widths, width)
        return int(np.count_nonzero(lengths > 0))

    def record_ends(self, array: np.ndarray) -> np.ndarray:
        """For each byte whether a record ends there."""
        is_end: np.ndarray = array == NEWLINE
        if self._is_multiline:
            quotes = quotes_of(array, self.dialect)
            inside = inside_quotes(quotes)
            refuse_stray_quotes(array, quotes, inside, self.dialect)
            is_end &= inside == 0
        return is_end

    def _refuse_large(self, block: bytes, starts: np.ndarray, lengths: np.ndarray) -> None:
        """A value can be too large only where its record is."""
        for record in np.flatnonzero(lengths > self.limits.cell_bytes):
            if lengths[record] > self.limits.line_bytes:
                raise DeliveryRefused(
                    "record_size", f"a record has more than {self.limits.line_bytes:,} bytes"
                )
            line = block[starts[record] : starts[record] + lengths[record]]
            if self.dialect.format != "csv" or self._has_large_value(line):
                _refuse_more("bytes in one value", int(lengths[record]), self.limits.cell_bytes)

    def _has_large_value(self, line: bytes) -> bool:
        try:
            [values] = self._values([line.decode(errors="replace")])
        except (csv.Error, ValueError):  # no record: the reader sets it aside
            return False
        return any(len(value.encode()) > self.limits.cell_bytes for value in values)

    def _widths(self, lines: list[bytes]) -> list[int]:
        """How many values each line has; 0 where that cannot be said."""
        try:
            return [len(next(iter(self._values([line.decode()])), ())) for line in lines]
        except (csv.Error, UnicodeDecodeError):
            return [0 for _ in lines]

    @property
    def _is_multiline(self) -> bool:
        return self.dialect.format == "csv" and self.dialect.multiline


def _refuse_more(what: str, found: int, most: int) -> None:
    if found > most:
        raise DeliveryRefused("limit", f"it has more than {most:,} {what}")
