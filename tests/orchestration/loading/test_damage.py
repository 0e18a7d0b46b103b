"""Damaged files: every record is loaded right, set aside, or the delivery is refused."""

from __future__ import annotations

import gzip
import io
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tests.orchestration.loading.company import HEADER, Company, company_of, thing_document
from tests.orchestration.loading.conftest import CompanyMaker

MANY = HEADER + "".join(f"t{n},{n},note {n * 7919},2026-01-02\n" for n in range(5000))


def refused_whole(company: Company, code: str) -> bool:
    [(status, reason, delivered, loaded, quarantined)] = company.deliveries()
    is_empty = company.things() == [] and company.quarantined() == []
    return is_empty and (status, reason, loaded, quarantined) == (
        "quarantined",
        code,
        0,
        delivered,
    )


@pytest.mark.parametrize("share", [0.2, 0.6, 0.99, 0.9999])
@pytest.mark.parametrize("suffix", ["gz", "zst"])
def test_compressed_data_that_ends_early_is_refused(
    company: Company, suffix: str, share: float
) -> None:
    """DuckDB itself reads a truncated zstd file without an error."""
    raw = MANY.encode()
    whole = gzip.compress(raw) if suffix == "gz" else pa.compress(raw, "zstd", asbytes=True)
    company.drop(f"shop/things/20260105.csv.{suffix}", whole[: int(len(whole) * share)])
    company.load()
    assert refused_whole(company, "truncated")


def test_a_damaged_byte_in_compressed_data_is_refused(company: Company) -> None:
    content = bytearray(gzip.compress(MANY.encode()))
    content[len(content) // 2] ^= 0xFF
    company.drop("shop/things/20260105.csv.gz", bytes(content))
    company.load()
    assert company.things() == []
    assert [row[0] for row in company.deliveries()] == ["quarantined"]


@pytest.mark.parametrize("suffix", ["gz", "zst"])
def test_a_file_that_only_claims_to_be_compressed_is_refused(company: Company, suffix: str) -> None:
    company.drop(f"shop/things/20260105.csv.{suffix}", MANY)
    company.load()
    assert refused_whole(company, "truncated")


@pytest.mark.parametrize("damage", ["end", "middle", "magic"])
def test_a_damaged_parquet_file_is_refused(make_company: CompanyMaker, damage: str) -> None:
    company = make_company(server={"format": "parquet"})
    sink = io.BytesIO()
    ids = [f"t{number}" for number in range(2000)]
    pq.write_table(pa.table({"thing_id": ids, "seen_at": ["2026-01-02"] * 2000}), sink)
    content = bytearray(sink.getvalue())
    if damage == "end":
        content = content[: len(content) // 2]
    elif damage == "magic":
        content[-1] ^= 0xFF
    else:
        content[40:2000] = bytes(1960)
    company.drop("shop/things/20260105.parquet", bytes(content))
    company.load()
    assert refused_whole(company, "unreadable")


def test_bytes_of_another_encoding_lose_no_row(company: Company) -> None:
    lines = "t1,1,plain,2026-01-02\nt2,2,Öl,2026-01-02\nt3,3,plain,2026-01-02\n"
    company.drop("shop/things/20260105.csv", (HEADER + lines).encode("latin-1"))
    company.load()
    [(_, _, delivered, loaded, quarantined)] = company.deliveries()
    assert (delivered, loaded + quarantined) == (3, 3)
    assert "t2" not in {row[0] for row in company.things()}


def test_binary_rubbish_is_refused_or_set_aside(company: Company) -> None:
    company.drop("shop/things/20260105.csv", HEADER.encode() + bytes(range(256)) * 40)
    company.load()
    assert company.things() == []


@pytest.mark.parametrize(
    "text",
    [
        't1,1,"a,2026-01-02\nt2,2,b",2026-01-02\nt3,3,c,2026-01-02\n',
        't1,1,"a,2026-01-02\n' + "t2,2,b,2026-01-02\n" * 50,
        't1,1,a,2026-01-02\nt2,2,b,"2026-01-02\n',
        # read in parallel, DuckDB names t1 and half of t3 as the lines it could not read
        't1,1,"ö""",2026-01-02\nt2,1," a"b,",2026-01-02\nt3,1,"ö""",2026-01-02\n',
    ],
    ids=["two lines become one", "the rest of the file", "the last line", "half of a line"],
)
def test_a_stray_quote_swallows_nothing_unseen(company: Company, text: str) -> None:
    company.drop_things(text)
    company.load()
    [(_, _, delivered, loaded, quarantined)] = company.deliveries()
    assert (delivered, loaded + quarantined) == (text.count("\n"), delivered)
    assert all("\n" not in (row[2] or "") for row in company.things())
    known = {row[0] for row in company.things()}
    assert all(row[2][:2] not in known for row in company.quarantined())


VALUES = st.text(alphabet='ab ,"ö', max_size=5)
MOST_STRAY_QUOTES = 2


@dataclass(frozen=True)
class DamagedFile:
    """The (id, note) of each record, and the file with stray quotes in it."""

    records: tuple[tuple[str, str], ...]
    text: str


@st.composite
def damaged_files(draw: st.DrawFn) -> DamagedFile:
    notes = draw(st.lists(VALUES, min_size=1, max_size=6))
    records = tuple((f"t{number}", note) for number, note in enumerate(notes))
    text = HEADER + "".join(
        '{},1,"{}",2026-01-02\n'.format(key, note.replace('"', '""'))
        if draw(st.booleans()) or set(note) & set(',"')
        else f"{key},1,{note},2026-01-02\n"
        for key, note in records
    )
    for _ in range(draw(st.integers(1, MOST_STRAY_QUOTES))):
        position = draw(st.integers(len(HEADER), len(text)))
        text = text[:position] + '"' + text[position:]
    return DamagedFile(records, text)


@settings(max_examples=40, deadline=None, phases=[Phase.generate])
@given(st.lists(damaged_files(), min_size=8, max_size=8, unique_by=lambda file: file.text))
def test_stray_quotes_anywhere_never_lose_a_record_in_silence(files: list[DamagedFile]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        company = company_of(Path(folder), thing_document(maxBadShare=1))
        for number, file in enumerate(files):
            company.drop(f"shop/things/2026-01-05/{number}.csv", file.text)
        company.load()
        accounts = company.rows(
            """
            select status, rows_delivered, rows_loaded, rows_quarantined,
                (select list((thing_id, coalesce(note, ''))) from raw.shop_things as loaded
                where loaded._delivery_id = delivery_id),
                (select list(raw_text) from quarantine.shop_things as aside
                where aside._delivery_id = delivery_id)
            from quality.deliveries order by file_name
            """
        )
    for file, account in zip(files, accounts, strict=True):
        _assert_accounted_for(file, *account)


def _assert_accounted_for(
    file: DamagedFile,
    status: str,
    delivered: int,
    loaded: int,
    quarantined: int,
    found: list[tuple[str, str]] | None,
    aside: list[str] | None,
) -> None:
    found, aside = found or [], aside or []
    assert delivered == loaded + quarantined
    if status == "quarantined":
        assert (found, aside) == ([], [])
        return
    lines = [line for line in file.text.split("\n")[1:] if line]
    assert (len(found), len(aside)) == (loaded, quarantined)
    assert delivered == len(lines)
    # what was loaded is a record as written, but for the lines that a quote fell into
    changed = Counter(found) - Counter(file.records)
    assert changed.total() <= MOST_STRAY_QUOTES
    # what was not loaded as written is still to be read in the quarantine
    missing = Counter(file.records) - Counter(found)
    texts = "\n".join([*aside, *(key for key, _ in changed)])
    assert all(key[1:] in texts for key, _ in missing)
