"""Whatever the dialect and whatever the damage: no record is lost or changed in silence."""

from __future__ import annotations

import csv
import io
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from orchestration.contracts import Dialect
from tests.orchestration.loading.one_file import Account, read_one

NAMES = ("key", "amount", "note", "last")
LETTERS = "ab ö"
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "latin-1", "cp1250", "cp1252")
MOST_STRAY_QUOTES = 2
FILES_A_CASE = 10
NEVER_SHRUNK = [Phase.generate]  # a case is many files; the seed that hypothesis prints is enough
Record = tuple[str, ...]


@dataclass(frozen=True)
class Written:
    """The records of a file, its text, how it was written, and how many quotes strayed into it."""

    records: tuple[Record, ...]
    text: str
    dialect: Dialect
    strays: int = 0

    @property
    def content(self) -> bytes:
        return self.text.encode(self.dialect.encoding)


@st.composite
def dialects(draw: st.DrawFn) -> Dialect:
    quote = draw(st.sampled_from(['"', "'"]))
    return Dialect(
        delimiter=draw(st.sampled_from(",;|\t")),
        quote=quote,
        escape=draw(st.sampled_from([None, None, None, "\\"])),
        encoding=draw(st.sampled_from(ENCODINGS)),
        line_end=draw(st.sampled_from(["newline", "newline", "any"])),
        multiline=draw(st.booleans()),
        header=(header := draw(st.booleans())),
        columns=() if header else NAMES,
    )


def as_line(row: Record, dialect: Dialect, quoting: int) -> str:
    text = io.StringIO(newline="")
    csv.writer(
        text,
        delimiter=dialect.delimiter,
        quotechar=dialect.quote,
        doublequote=dialect.escape is None,
        escapechar=dialect.escape,
        quoting=quoting,  # type: ignore[arg-type]
        lineterminator="\n",
    ).writerow(row)
    return text.getvalue().removesuffix("\n")


@st.composite
def written(draw: st.DrawFn) -> Written:
    """An undamaged file."""
    dialect = draw(dialects())
    line_ends = ["\n", "\r\n"] + (["\r"] if dialect.line_end == "any" else [])
    breaks = ["\n", "\r\n"] if dialect.multiline and dialect.line_end == "newline" else []
    pieces = [*LETTERS, dialect.delimiter, dialect.quote, *breaks]
    value = st.lists(st.sampled_from(pieces), max_size=5).map("".join)
    values = draw(st.lists(st.tuples(value, value), min_size=1, max_size=5))
    records = tuple((f"k{100 + n}", str(n), *pair) for n, pair in enumerate(values))
    quoting = draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
    if dialect.escape:  # it is one inside quotes alone
        quoting = csv.QUOTE_ALL
    table = [*([NAMES] if dialect.header else []), *records]
    line_end = draw(st.sampled_from(line_ends))
    lines = "".join(as_line(row, dialect, quoting) + line_end for row in table)
    return Written(records, lines.rstrip("\r\n") if draw(st.booleans()) else lines, dialect)


def with_stray_quote(file: Written, position: int) -> Written:
    text = file.text[:position] + file.dialect.quote + file.text[position:]
    return replace(file, text=text, strays=file.strays + 1)


@st.composite
def damaged(draw: st.DrawFn) -> Written:
    """A file with quotes that strayed into it, or that ends early."""
    file = draw(written())
    for _ in range(draw(st.integers(0, MOST_STRAY_QUOTES))):
        file = with_stray_quote(file, draw(st.integers(0, len(file.text))))
    if not file.strays or draw(st.booleans()):
        file = replace(file, text=file.text[: draw(st.integers(0, len(file.text)))])
    return file


class Desk:
    """Reads files over one connection."""

    def __init__(self, folder: Path, connection: duckdb.DuckDBPyConnection) -> None:
        self.path, self.connection = folder / "file", connection
        self.folder = folder / "converted"
        self.folder.mkdir()

    def read(self, file: Written, content: bytes | None = None) -> Account:
        self.path.write_bytes(file.content if content is None else content)
        return read_one(self.connection, self.folder, self.path, "file.csv", file.dialect)


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    with (
        tempfile.TemporaryDirectory() as folder,
        duckdb.connect(config={"threads": 1}) as connection,
    ):
        yield Desk(Path(folder), connection)


def assert_equal(file: Written, account: Account) -> None:
    """An undamaged file gives its records."""
    found = [tuple(value or "" for value in row) for row in account.rows]
    assert (account.refused, account.aside, found) == ("", [], list(file.records)), file


def assert_accounted_for(file: Written, account: Account) -> None:
    """A damaged file is refused, or every record in it is loaded or still to be read."""
    if account.refused or (file.dialect.header and account.header != NAMES):
        return
    found = [tuple(value or "" for value in row) for row in account.rows]
    assert account.records == len(found) + len(account.aside), file
    changed = Counter(found) - Counter(file.records)
    assert changed.total() <= file.strays + 1, (file, account)
    missing = Counter(file.records) - Counter(found)
    texts = "\n".join([*account.aside, *("\x1f".join(row) for row in changed)])
    lost = [key for key, *_ in missing if key in file.text and key not in texts]
    assert not lost, (file, account)


def check_written(desk: Desk, files: list[Written]) -> None:
    for file in files:
        assert_equal(file, desk.read(file))


def check_damaged(desk: Desk, files: list[Written]) -> None:
    for file in files:
        assert_accounted_for(file, desk.read(file))


MANY_WRITTEN = st.lists(written(), min_size=FILES_A_CASE, max_size=FILES_A_CASE)
MANY_DAMAGED = st.lists(damaged(), min_size=FILES_A_CASE, max_size=FILES_A_CASE)
QUICK = settings(deadline=None, phases=NEVER_SHRUNK, suppress_health_check=list(HealthCheck))


@settings(QUICK, max_examples=60)
@given(MANY_WRITTEN)
def test_a_file_of_any_dialect_gives_its_records(desk: Desk, files: list[Written]) -> None:
    check_written(desk, files)


@settings(QUICK, max_examples=140)
@given(MANY_DAMAGED)
def test_no_record_of_a_damaged_file_is_lost_in_silence(desk: Desk, files: list[Written]) -> None:
    check_damaged(desk, files)


@pytest.mark.nightly
@pytest.mark.timeout(3600)
@settings(QUICK, max_examples=1500)
@given(MANY_WRITTEN)
def test_many_files_of_any_dialect_give_their_records(desk: Desk, files: list[Written]) -> None:
    check_written(desk, files)


@pytest.mark.nightly
@pytest.mark.timeout(3600)
@settings(QUICK, max_examples=3500)
@given(MANY_DAMAGED)
def test_no_record_of_many_damaged_files_is_lost(desk: Desk, files: list[Written]) -> None:
    check_damaged(desk, files)


@pytest.mark.parametrize("multiline", [False, True])
@pytest.mark.parametrize("quoted", [False, True])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_a_stray_quote_at_every_position_of_a_file_is_accounted_for(
    desk: Desk, line_end: str, quoted: bool, multiline: bool
) -> None:
    records = tuple((f"k{100 + n}", str(n), "a b", "c,d" if n % 2 else "") for n in range(3))
    quoting = csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator=line_end, quoting=quoting).writerows([NAMES, *records])
    file = Written(records, text.getvalue(), Dialect(multiline=multiline))
    assert_equal(file, desk.read(file))
    for position in range(len(file.text) + 1):
        damaged_file = with_stray_quote(file, position)
        assert_accounted_for(damaged_file, desk.read(damaged_file))
