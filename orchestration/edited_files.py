"""Files that people write: csv of any usual delimiter and YAML, in UTF-8."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TextIO

import yaml

from orchestration.errors import ConfigurationError

DELIMITERS = (",", ";", "\t")
BEYOND = "cells beyond the header"
MERGE = "tag:yaml.org,2002:merge"


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

    Raise ConfigurationError with the hint where a needed column is missing, and with the line of a
    row that has more cells than the header.
    """
    text = edited_text(path, path.name)
    header = text.partition("\n")[0]
    delimiter = max(DELIMITERS, key=header.count)
    reader = csv.DictReader(
        io.StringIO(text, newline=""), delimiter=delimiter, restval="", restkey=BEYOND
    )
    missing = [name for name in needed if name not in (reader.fieldnames or [])]
    if missing:
        raise ConfigurationError(f"{path.name} has no column {' or '.join(missing)}: {hint}.")
    rows = []
    try:
        for row in reader:
            if any(row.pop(BEYOND, [])):
                raise csv.Error("more cells than the header has: quote a text with a delimiter")
            rows.append((reader.line_num, {name: cell.strip() for name, cell in row.items()}))
    except csv.Error as error:
        raise ConfigurationError(f"{path.name}, line {reader.line_num}: {error}.") from error
    return rows


def edited_yaml(text: str, name: str) -> Any:
    """The content of a YAML document.

    Raise ConfigurationError where it is not valid, or says one key twice.
    """
    try:
        return yaml.load(text, _OneOfEachKey)  # noqa: S506 a safe loader
    except yaml.YAMLError as error:
        told = " ".join(str(error).split())
        raise ConfigurationError(f"{name} is not valid YAML: {told}") from error


# The loader in C is ten times faster, and not in every build of PyYAML.
_SafeLoader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _OneOfEachKey(_SafeLoader):  # type: ignore[misc]
    """YAML keeps the last of two equal keys and says nothing."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key, _ in node.value:
            if key.value in seen and key.tag != MERGE:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key `{key.value}` stands twice", key.start_mark
                )
            seen.add(key.value if isinstance(key, yaml.ScalarNode) else id(key))
        content: dict[Any, Any] = super().construct_mapping(node, deep)
        return content
