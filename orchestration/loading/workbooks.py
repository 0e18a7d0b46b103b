"""One sheet of an Excel workbook as csv: values as text, dates as ISO 8601."""

from __future__ import annotations

import csv
import datetime as dt
import io
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from orchestration.config import LimitSettings
from orchestration.dialects import Dialect
from orchestration.errors import DeliveryRefused

ROWS_A_PIECE = 1000
HELD_BYTES = 64 << 20  # what openpyxl keeps in memory: shared texts and styles
MOST_MEMBERS = 10_000


def sheet_as_csv(path: Path, dialect: Dialect, limits: LimitSettings) -> Iterator[bytes]:
    """The rows of the declared sheet, those without a value left out."""
    import openpyxl

    try:
        _refuse_bomb(path, limits)
        with (
            path.open("rb") as file,  # by its path openpyxl would want its ending
            closing(openpyxl.load_workbook(file, read_only=True, data_only=True)) as workbook,
        ):
            if dialect.sheet not in workbook.sheetnames:
                names = ", ".join(workbook.sheetnames[:20])
                raise DeliveryRefused(
                    "sheet", f"it has no sheet `{dialect.sheet}`, its sheets are {names}"
                )
            sheet = workbook[dialect.sheet]
            sheet.reset_dimensions()
            yield from _pieces(sheet.iter_rows(values_only=True), dialect, limits)
    except DeliveryRefused:
        raise
    except Exception as error:  # a damaged workbook makes openpyxl throw errors of any class
        raise DeliveryRefused("unreadable", "it is no complete xlsx workbook") from error


def _pieces(rows: Iterator[Any], dialect: Dialect, limits: LimitSettings) -> Iterator[bytes]:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    width = 0 if dialect.header else len(dialect.columns)
    held: list[list[str]] = []
    for number, row in enumerate(rows):
        if number < dialect.skip:
            continue
        values = [_text(value) for value in row]
        while values and len(values) > width and not values[-1]:
            values.pop()
        if len(values) > limits.columns:
            raise DeliveryRefused("limit", f"it has more than {limits.columns:,} columns")
        if not any(values):
            continue
        width = width or len(values)
        held.append(values + [""] * (width - len(values)))
        if len(held) > ROWS_A_PIECE + dialect.skip_footer:
            keep = len(held) - dialect.skip_footer
            yield _written(writer, text, held[:keep])
            held = held[keep:]
    yield _written(writer, text, held[: len(held) - dialect.skip_footer])


def _written(writer: Any, text: io.StringIO, rows: list[list[str]]) -> bytes:
    writer.writerows(rows)
    piece = text.getvalue().encode()
    text.seek(0)
    text.truncate()
    return piece


def _text(value: object) -> str:
    """A value as text; a time of midnight is only a date."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dt.datetime):
        is_day = value.time() == dt.time()
        return value.date().isoformat() if is_day else value.isoformat(" ")
    if isinstance(value, (dt.date, dt.time)):
        return value.isoformat()
    return str(value)


def _refuse_bomb(path: Path, limits: LimitSettings) -> None:
    """By the sizes that the members declare: more than them is never read."""
    with zipfile.ZipFile(path) as archive:
        members = archive.infolist()
    sheets = sum(member.file_size for member in members if "/sheet" in member.filename)
    texts = sum(member.file_size for member in members if member.filename.endswith(".xml"))
    held = texts - sheets
    if len(members) > MOST_MEMBERS or sheets > limits.uncompressed_bytes or held > HELD_BYTES:
        raise DeliveryRefused("limit", "its workbook is larger than a workbook may be")
    for member in members:
        is_large = member.file_size > HELD_BYTES
        if is_large and member.file_size > limits.ratio * max(1, member.compress_size):
            raise DeliveryRefused(
                "limit", f"it decompresses to more than {limits.ratio:g} times its size"
            )
