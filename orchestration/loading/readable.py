"""An archived file as DuckDB can read it, its records counted on the way.

Most files are read where they lie. What DuckDB cannot read (another encoding, a JSON array, a
zip, a sheet) is converted, piece by piece, into the workspace's temporary folder.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, cast

from orchestration.config import LimitSettings
from orchestration.dialects import Dialect
from orchestration.errors import DeliveryRefused, RapportError
from orchestration.loading.converting import converted, is_utf_8
from orchestration.loading.opening import CHUNK_BYTES, DAMAGED, compression, open_file
from orchestration.loading.records import Records, count_parquet, count_text, even_lines

PLAIN_CSV = Dialect(multiline=True)


@dataclass(frozen=True)
class Readable:
    """Where a file can be read, how it is written there, and the records it holds."""

    path: Path
    compression: str
    dialect: Dialect
    records: Records


@dataclass(frozen=True)
class Reader:
    """Makes files readable, within the limits of a company."""

    folder: Path
    limits: LimitSettings

    def read(self, path: Path, file_name: str, dialect: Dialect) -> Readable:
        """Count the records of one file; raise DeliveryRefused when it cannot be read whole."""
        found = self._read(path, compression(file_name), dialect)
        if not found.records.is_uneven:
            return found
        target = self._target(path, "even", dialect)
        with (
            open_file(found.path, found.compression, self.limits) as stream,
            target.open("wb") as file,
        ):
            _drain(_Written(even_lines(stream, found.dialect, self.limits), file))
        records = replace(found.records, has_returns=False, is_uneven=False)
        return replace(found, path=target, compression="none", records=records)

    def _read(self, path: Path, kind: str, dialect: Dialect) -> Readable:
        if dialect.format == "xlsx" and kind != "none":
            raise DeliveryRefused("archive", "a workbook is compressed already, deliver it plain")
        if not _is_direct(dialect, kind):
            return self._convert(path, kind, dialect)
        if dialect.format == "parquet":
            return Readable(path, kind, dialect, count_parquet(path, self.limits))
        with open_file(path, kind, self.limits) as stream:
            return Readable(path, kind, dialect, count_text(stream, dialect, self.limits))

    def _convert(self, path: Path, kind: str, dialect: Dialect) -> Readable:
        target = self._target(path, kind, dialect)
        plain = _plain(dialect)
        try:
            with target.open("wb") as file:
                stream = _Written(self._pieces(path, kind, dialect), file)
                if dialect.format != "parquet":
                    records = count_text(cast(IO[bytes], stream), plain, self.limits)
                _drain(stream)
            if dialect.format == "parquet":
                records = count_parquet(target, self.limits)
        except DeliveryRefused:
            target.unlink()
            raise
        return Readable(target, "none", plain, records)

    def _target(self, path: Path, kind: str, dialect: Dialect) -> Path:
        mark = hashlib.sha256(repr((kind, dialect)).encode()).hexdigest()[:8]
        return self.folder / f"{path.name}.{mark}"

    def _pieces(self, path: Path, kind: str, dialect: Dialect) -> Iterator[bytes]:
        if dialect.format == "xlsx":
            from orchestration.loading.workbooks import sheet_as_csv

            yield from sheet_as_csv(path, dialect, self.limits)
            return
        with open_file(path, kind, self.limits) as stream:
            chunks = _chunks(stream)
            if dialect.format == "parquet":
                yield from chunks
            else:
                yield from converted(chunks, dialect, self.limits)


class _Written(io.RawIOBase):
    """Reads pieces while writing them to a file."""

    def __init__(self, pieces: Iterable[bytes], file: IO[bytes]) -> None:
        self._pieces, self._file, self._held = iter(pieces), file, memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        while not self._held:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._write(piece)
            self._held = memoryview(piece)
        size = min(len(buffer), len(self._held))
        buffer[:size], self._held = self._held[:size], self._held[size:]
        return size

    def _write(self, piece: bytes) -> None:
        try:
            self._file.write(piece)
        except OSError as error:
            raise RapportError(
                f"The temporary folder of the workspace cannot be written ({error.strerror}):"
                " make room there and run again."
            ) from error


def _is_direct(dialect: Dialect, kind: str) -> bool:
    """Whether DuckDB can read the file where it lies."""
    if dialect.format == "parquet":
        return kind == "none"
    has_preamble = dialect.skip and dialect.format == "csv"  # DuckDB sees quotes in it
    is_plain = not has_preamble and not dialect.skip_footer and dialect.line_end == "newline"
    is_text = dialect.format not in ("json", "xlsx") and is_utf_8(dialect.encoding)
    return is_plain and is_text and kind != "zip"


def _plain(dialect: Dialect) -> Dialect:
    """How a converted file is written."""
    if dialect.format == "xlsx":
        return replace(PLAIN_CSV, header=dialect.header, columns=dialect.columns)
    return replace(
        dialect,
        format="jsonl" if dialect.format == "json" else dialect.format,
        encoding="utf-8",
        line_end="newline",
        skip=0,
        skip_footer=0,
    )


def _chunks(stream: IO[bytes]) -> Iterator[bytes]:
    """The bytes of a stream; raise DeliveryRefused where it is damaged."""
    try:
        while chunk := stream.read(CHUNK_BYTES):
            yield chunk
    except DAMAGED as error:
        raise DeliveryRefused(
            "truncated", "its compressed data ends early or is damaged"
        ) from error


def _drain(stream: _Written) -> None:
    """Have the rest written that the counter did not need."""
    while stream.read(CHUNK_BYTES):
        pass
