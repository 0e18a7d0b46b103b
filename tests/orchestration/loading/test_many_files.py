"""Many small files at once: staged together, yet each accounted for as if it had come alone."""

from __future__ import annotations

import datetime as dt
import gzip
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from orchestration.loading import together
from orchestration.loading.casting import batch_sql
from tests.orchestration.loading.company import HEADER, Company, company_of, thing_document
from tests.orchestration.loading.conftest import CompanyMaker

FIRST_DAY = dt.date(2026, 1, 1)
FILES = 200
Files = dict[str, bytes]


def lines_of(day: dt.date, number: int) -> list[tuple[str, str, str, str]]:
    return [(f"t{number}_{row}", f"{row}.5", f"note {row}", f"{day} 08:00:00") for row in range(5)]


def named(day: dt.date, suffix: str) -> str:
    return f"shop/things/things_{day:%Y%m%d}.{suffix}"


def as_csv(rows: list[tuple[str, str, str, str]]) -> bytes:
    return (HEADER + "".join(",".join(row) + "\n" for row in rows)).encode()


def as_json_lines(rows: list[tuple[str, str, str, str]]) -> bytes:
    names = HEADER.strip().split(",")
    return "".join(json.dumps(dict(zip(names, row, strict=True))) + "\n" for row in rows).encode()


def as_parquet(rows: list[tuple[str, str, str, str]]) -> bytes:
    names, sink = HEADER.strip().split(","), io.BytesIO()
    columns = {
        name: list(values) for name, values in zip(names, zip(*rows, strict=True), strict=True)
    }
    pq.write_table(pa.table(columns), sink)
    return sink.getvalue()


def daily_files(write: Callable[[list[tuple[str, str, str, str]]], bytes], suffix: str) -> Files:
    days = [FIRST_DAY + dt.timedelta(days=number) for number in range(FILES)]
    return {named(day, suffix): write(lines_of(day, n)) for n, day in enumerate(days)}


def troubled_csv() -> Files:
    """Daily files, some with what may go wrong with a file."""
    files = daily_files(as_csv, "csv")
    name = sorted(files).__getitem__
    files[name(10)] += b"bad,-1,,2026-01-11 08:00:00\nt10_9,2,late,2026-03-11 08:00:00\n"
    files[name(20)] = files[name(20)].replace(b"seen_at", b"seen_when")
    files[name(30)] = files[name(30)].replace(b"note 2", b'"note 2')
    files[name(40)] = files[name(39)]
    files[name(50)] = b""
    files[name(60)] = HEADER.encode()
    files[name(70)] = files[name(70)].replace(b"2.5,", b"2.5,too,many,")
    files[name(80)] = b"\xef\xbb\xbf" + files[name(80)]
    files[name(90)] = files[name(90)].replace(b"note 1", b"note \xff")
    files[name(100)] = files[name(100)].replace(b"\n", b"\r\n")
    files[name(110)] = files[name(110)].replace(b"t110", b"").replace(b".5,", b"x,")
    files[name(120)] = files[name(120)].replace(b"note 1", b"note\n1")
    files[name(130)] = files[name(130)].rstrip(b"\n")
    return files


def troubled_json_lines() -> Files:
    files = daily_files(as_json_lines, "jsonl")
    name = sorted(files).__getitem__
    files[name(10)] += b"no json\n"
    files[name(20)] = files[name(20)].replace(b'"note"', b'"remark"')
    files[name(30)] = files[name(30)].replace(b'"note"', b'"remark"')
    files[name(40)] = files[name(40)].replace(b'"thing_id"', b'"id"')
    files[name(50)] = b"\n\n"
    files[name(60)] += b'{"thing_id": "x", "seen_at": "2026-03-02", "_position": 1}\n'
    return files


def state(company: Company) -> dict[str, list[tuple[object, ...]]]:
    """Everything that loading wrote."""
    return {
        "raw": company.rows("from raw.shop_things order by all"),
        "quarantine": company.rows("from quarantine.shop_things order by all"),
        "deliveries": company.rows("from quality.deliveries order by all"),
        "files": company.rows("from quality.delivery_files order by all"),
    }


def loaded(root: Path, files: Files, **changes: object) -> tuple[Company, list[str]]:
    company = company_of(root, thing_document(**changes))  # type: ignore[arg-type]
    for name, content in files.items():
        company.drop(name, content, at=dt.datetime(2026, 1, 1))
    return company, sorted(company.load().messages)


@pytest.mark.parametrize(
    ("files", "server"),
    [
        (troubled_csv(), {"format": "csv"}),
        (troubled_json_lines(), {"format": "jsonl"}),
        (daily_files(as_parquet, "parquet"), {"format": "parquet"}),
        (
            {f"{name}.gz": gzip.compress(text) for name, text in troubled_csv().items()},
            {"format": "csv"},
        ),
        (
            {
                f"{name}.zst": pa.compress(text, "zstd", asbytes=True)
                for name, text in troubled_csv().items()
            },
            {"format": "csv"},
        ),
    ],
    ids=["csv", "jsonl", "parquet", "csv.gz", "csv.zst"],
)
def test_many_files_at_once_equal_the_same_files_loaded_one_by_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: Files, server: dict[str, str]
) -> None:
    company, messages = loaded(tmp_path / "together", files, server=server)
    monkeypatch.setattr(together, "SMALL_BYTES", -1)
    alone, messages_alone = loaded(tmp_path / "alone", files, server=server)
    assert state(company) == state(alone)
    assert messages == messages_alone
    assert len(company.things()) > FILES * 4


def test_small_files_are_staged_by_one_statement(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, content in daily_files(as_csv, "csv").items():
        company.drop(name, content)
    statements: list[str] = []

    def counted(*arguments: Any) -> str:
        statements.append(batch_sql(*arguments))
        return statements[-1]

    monkeypatch.setattr(together, "batch_sql", counted)
    company.load()
    assert len(statements) == 1
    assert len(company.deliveries()) == FILES


def test_a_file_that_breaks_the_reader_does_not_take_its_neighbours_along(
    make_company: CompanyMaker,
) -> None:
    company = make_company(server={"format": "parquet"})
    files = daily_files(as_parquet, "parquet")
    broken = bytearray(files[named(FIRST_DAY, "parquet")])
    broken[4:200] = bytes(196)
    files[named(FIRST_DAY, "parquet")] = bytes(broken)
    for name, content in files.items():
        company.drop(name, content)
    company.load()
    statuses = [row[0] for row in company.deliveries()]
    assert statuses.count("quarantined") == 1
    assert statuses.count("loaded") == FILES - 1


def test_the_future_is_seen_from_the_receipt_of_each_file(company: Company) -> None:
    rows = "early,1,a,2026-01-20\nearly,1,a,2026-01-02\n"
    company.drop_things(rows, "things_20260105.csv")
    company.drop_things("late,1,a,2026-01-20\n" * 2, "things_20260121.csv")
    company.drop_things("also,1,a,2026-01-20\n" * 3, "things_20260122.csv")
    company.load()
    assert [row[0] for row in company.things()] == ["also"] * 3 + ["early"] + ["late"] * 2
    assert [row[1] for row in company.quarantined()] == ["seen_at: later than its receipt"]
