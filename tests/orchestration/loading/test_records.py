"""The independent counter agrees with Python's csv module."""

from __future__ import annotations

import csv
import gzip
import io
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration.config import LimitSettings
from orchestration.contracts import Dialect
from orchestration.errors import DeliveryRefused
from orchestration.loading import opening, records
from orchestration.loading.readable import Reader

PIECES = ["a", "ö", " ", ",", ";", "\t", '"', "\n", "\r\n"]
TEXT = st.lists(st.sampled_from(PIECES), max_size=6).map("".join)
TABLES = st.integers(1, 4).flatmap(
    lambda width: st.lists(st.lists(TEXT, min_size=width, max_size=width), max_size=8)
)


def as_csv(table: list[list[str]], line_end: str, quoting: int) -> str:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator=line_end, quoting=quoting)  # type: ignore[arg-type]
    writer.writerow([f"c{position}" for position in range(len(table[0]) if table else 1)])
    writer.writerows(table)
    return text.getvalue()


def count(content: bytes, dialect: Dialect, name: str = "file.csv") -> records.Records:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "archived"
        path.write_bytes(content)
        return Reader(Path(folder), LimitSettings()).read(path, name, dialect).records


@settings(max_examples=300, deadline=None)
@given(TABLES, st.sampled_from(["\n", "\r\n"]), st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
def test_a_csv_with_line_breaks_in_values_has_as_many_records_as_python_reads(
    table: list[list[str]], line_end: str, quoting: int
) -> None:
    text = as_csv(table, line_end, quoting)
    expected = [row for row in csv.reader(io.StringIO(text, newline="")) if row][1:]
    found = count(text.encode(), Dialect(multiline=True))
    assert found.count == len(expected) == len(table)
    assert found.header[0] == "c0"


@settings(max_examples=100, deadline=None)
@given(TABLES, st.integers(1, 40))
def test_the_count_does_not_depend_on_where_the_blocks_end(
    table: list[list[str]], block: int
) -> None:
    text = as_csv(table, "\n", csv.QUOTE_MINIMAL).encode()
    usual = opening.CHUNK_BYTES
    opening.CHUNK_BYTES = block
    try:
        found = count(text, Dialect(multiline=True))
    finally:
        opening.CHUNK_BYTES = usual
    assert found.count == len(table)


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
@pytest.mark.parametrize("has_end", [True, False])
def test_empty_lines_are_no_records(line_end: str, has_end: bool) -> None:
    text = line_end.join(["a,b", "1,2", "", "3,4"]) + (line_end * 2 if has_end else "")
    assert count(text.encode(), Dialect()).count == 2


@pytest.mark.parametrize("body", ['1,"x\n', '1,"x" y\n2,b\n', '1,x"y\n2,"b\n', '"1,2\n3",4 "5\n"'])
def test_a_quote_in_the_wrong_place_is_refused_where_line_breaks_are_allowed(body: str) -> None:
    with pytest.raises(DeliveryRefused) as error:
        count(f"a,b\n{body}".encode(), Dialect(multiline=True))
    assert error.value.code == "stray_quote"


def test_leading_lines_and_a_byte_order_mark_are_skipped() -> None:
    found = count(b"\xef\xbb\xbfmade by x\n\nid;n\n1;2\n", Dialect(delimiter=";", skip=2))
    assert found == records.Records(1, ("id", "n"))


def test_a_truncated_gzip_says_how_far_it_could_be_read() -> None:
    lines = b"a\n" + b"".join(b"%d\n" % (number * 7919) for number in range(1_000_000))
    content = gzip.compress(lines, 1)
    with pytest.raises(DeliveryRefused) as error:
        count(content[:-100_000], Dialect(), "file.csv.gz")
    assert error.value.code == "truncated"
    assert 0 < error.value.records < 1_000_000
