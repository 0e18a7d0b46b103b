"""How a file is written: declared, never guessed, and refused at once where it is impossible."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, Literal, get_args

Format = Literal["csv", "jsonl", "json", "parquet", "text", "fixed", "xlsx"]
LineEnd = Literal["newline", "any"]
TOLD_BY_NAME = {".parquet": "parquet", ".jsonl": "jsonl", ".ndjson": "jsonl"}
PACKED = (".gz", ".zst", ".zip")
_POSITION = re.compile(r"(\d+)\s*-\s*(\d+)")
_NO_FILE_ENCODINGS = ("idna", "punycode", "undefined", "unicode_escape", "raw_unicode_escape")


@dataclass(frozen=True)
class Dialect:
    """How a file is written: declared, never guessed.

    `escape` stands before a quote inside quotes; none means that the quote is doubled.
    `positions` are the first and last character of each column of a fixed width file.
    """

    format: str = "csv"
    delimiter: str = ","
    quote: str = '"'
    escape: str | None = None
    encoding: str = "utf-8"
    line_end: str = "newline"
    multiline: bool = False
    header: bool = True
    skip: int = 0
    skip_footer: int = 0
    columns: tuple[str, ...] = ()
    positions: tuple[tuple[str, int, int], ...] = ()
    sheet: str | None = None

    @property
    def is_json(self) -> bool:
        """Whether each record is a JSON object."""
        return self.format in ("json", "jsonl")


def dialect_of_name(own: Dialect, file_name: str) -> Dialect:
    """How a file is written whose name may say it: parquet and json lines do, others are `own`."""
    kinds = [suffix for suffix in PurePosixPath(file_name.lower()).suffixes if suffix not in PACKED]
    format_told = TOLD_BY_NAME.get(kinds[-1] if kinds else "", own.format)
    return own if format_told == own.format else Dialect(format=format_told)


def check_dialect(dialect: Dialect) -> None:
    """Raise ValueError with the first thing that cannot be read so."""
    if dialect.format not in get_args(Format):
        raise ValueError(
            f"`format` is `{dialect.format}`, not one of {', '.join(get_args(Format))}"
        )
    _check_encoding(dialect.encoding)
    if len(dialect.delimiter) != 1 or dialect.delimiter in "\r\n":
        raise ValueError("`delimiter` must be one character that is no line end")
    for name, text in (("quote", dialect.quote), ("escape", dialect.escape or "")):
        if len(text) > 1 or not text.isascii() or text in ("\r", "\n", dialect.delimiter):
            raise ValueError(f"`{name}` must be one ASCII character, or empty for none")
    if dialect.multiline and not dialect.quote:
        raise ValueError("`multiline` needs a `quote`")
    if dialect.line_end not in get_args(LineEnd):
        raise ValueError(f"the line end `{dialect.line_end}` is unknown, it is newline or any")
    if dialect.skip < 0 or dialect.skip_footer < 0:
        raise ValueError("lines to skip cannot be fewer than none")
    if dialect.format == "fixed" and not dialect.positions:
        raise ValueError("`format: fixed` needs the positions of its columns, for example 1-10")
    if dialect.format == "xlsx" and not dialect.sheet:
        raise ValueError("`format: xlsx` needs the name of its `sheet`")


def position_of(text: Any) -> tuple[int, int]:
    """`1-10` as the first and last character; raise ValueError where it is none."""
    match = _POSITION.fullmatch(str(text).strip())
    first, last = (int(match[1]), int(match[2])) if match else (0, 0)
    if not 1 <= first <= last:
        raise ValueError(f"the position `{text}` is not written like 1-10, counted from 1")
    return first, last


def _check_encoding(name: str) -> None:
    try:
        "".encode(name)
    except (LookupError, UnicodeError) as error:
        raise ValueError(f"the encoding `{name}` is unknown, utf-8 or cp1252 are known") from error
    if name.lower().replace("-", "_") in _NO_FILE_ENCODINGS:
        raise ValueError(f"`{name}` is no encoding of files")
