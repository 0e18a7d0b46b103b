"""Files handed to people and taken back: csv of any usual delimiter, in UTF-8."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from orchestration.errors import ConfigurationError

DELIMITERS = (",", ";", "\t")


def refuse_place(path: Path) -> None:
    """Raise ConfigurationError where a file to be written exists, or its folder does not."""
    if path.exists():
        raise ConfigurationError(f"{path} exists and is not written over: name another file.")
    if not path.parent.is_dir():
        raise ConfigurationError(f"There is no folder {path.parent}: make it, or name another.")


def open_private(path: Path) -> TextIO:
    """Open a new text file for writing that only its owner may read."""
    refuse_place(path)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be written: {error.strerror}.") from error
    return os.fdopen(descriptor, "w", encoding="utf-8", newline="")


def edited_text(path: Path, name: str) -> str:
    """The text of a file, without the mark that spreadsheets put before it."""
    try:
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{name} is no UTF-8 text: save it as UTF-8.") from error


def edited_rows(path: Path, needed: Sequence[str], hint: str) -> list[tuple[int, dict[str, str]]]:
    """Each row of a csv file with its line, cells stripped; missing cells are empty.

    Raise ConfigurationError with the hint where a needed column is missing.
    """
    text = edited_text(path, path.name)
    header = text.partition("\n")[0]
    delimiter = max(DELIMITERS, key=header.count)
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter, restval="")
    missing = [name for name in needed if name not in (reader.fieldnames or [])]
    if missing:
        raise ConfigurationError(f"{path.name} has no column {' or '.join(missing)}: {hint}.")
    try:
        return [
            (reader.line_num, {str(name): str(cell).strip() for name, cell in row.items()})
            for row in reader
        ]
    except csv.Error as error:
        raise ConfigurationError(f"{path.name}, line {reader.line_num}: {error}.") from error
