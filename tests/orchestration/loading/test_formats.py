"""Every declared format gives the same typed rows."""

from __future__ import annotations

import gzip
import io
import json
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.orchestration.loading.company import HEADER, Company
from tests.orchestration.loading.conftest import CompanyMaker

ROWS = [
    ("t1", "12.5", 'says "hello", twice', "2026-01-02 10:00:00"),
    ("t2", "0", None, "2026-01-03 11:30:00"),
    ("t3", None, "Ümläut ☃", "2026-01-04 00:00:00"),
]
EXPECTED = [
    ("t1", "12.5000", 'says "hello", twice', "2026-01-02 10:00:00"),
    ("t2", "0.0000", None, "2026-01-03 11:30:00"),
    ("t3", None, "Ümläut ☃", "2026-01-04 00:00:00"),
]
CSV = (
    f"{HEADER}"
    't1,12.5,"says ""hello"", twice",2026-01-02 10:00:00\n'
    "t2,0,,2026-01-03 11:30:00\n"
    "t3,,Ümläut ☃,2026-01-04 00:00:00\n"
).encode()


def json_lines() -> bytes:
    names = HEADER.strip().split(",")
    lines = [json.dumps(dict(zip(names, row, strict=True)), ensure_ascii=False) for row in ROWS]
    return "\n".join(lines).encode() + b"\n"


def parquet() -> bytes:
    amounts = [Decimal(row[1]) if row[1] else None for row in ROWS]
    table = pa.table(
        {
            "thing_id": [row[0] for row in ROWS],
            "amount": pa.array(amounts, pa.decimal128(10, 2)),
            "note": [row[2] for row in ROWS],
            "seen_at": [row[3] for row in ROWS],
        }
    )
    sink = io.BytesIO()
    pq.write_table(table, sink)
    return sink.getvalue()


def zstd(content: bytes) -> bytes:
    return bytes(pa.compress(content, codec="zstd", asbytes=True))


@pytest.mark.parametrize(
    ("format_name", "file_name", "content"),
    [
        ("csv", "things.csv", CSV),
        ("csv", "things.csv.gz", gzip.compress(CSV)),
        ("csv", "things.csv.zst", zstd(CSV)),
        ("csv", "things.txt", CSV.replace(b"\n", b"\r\n")),
        ("csv", "no_line_end.csv", CSV.rstrip(b"\n")),
        ("csv", "byte_order_mark.csv", b"\xef\xbb\xbf" + CSV),
        ("jsonl", "things.jsonl", json_lines()),
        ("jsonl", "things.jsonl.gz", gzip.compress(json_lines())),
        ("jsonl", "things.jsonl.zst", zstd(json_lines())),
        ("parquet", "things.parquet", parquet()),
    ],
)
def test_the_same_rows_arrive_whatever_the_format(
    make_company: CompanyMaker, format_name: str, file_name: str, content: bytes
) -> None:
    company = make_company(server={"format": format_name})
    company.drop(f"shop/things/2026-01-05/{file_name}", content)
    company.load()
    assert company.things() == EXPECTED
    assert company.deliveries() == [("loaded", None, 3, 3, 0)]


def test_a_declared_delimiter_quote_and_encoding_are_obeyed(make_company: CompanyMaker) -> None:
    company = make_company(server={"delimiter": ";", "encoding": "latin-1"}, dialect={"quote": "'"})
    text = HEADER.replace(",", ";") + "t1;1;'a;b \"Öl\"';2026-01-02\n"
    company.drop("shop/things/things_20260105.csv", text.encode("latin-1"))
    company.load()
    assert company.things() == [("t1", "1.0000", 'a;b "Öl"', "2026-01-02 00:00:00")]


def test_text_lines_are_split_by_the_sql_of_their_feed(company: Company) -> None:
    company.configure(
        feeds=[
            {
                "contract": "shop/things",
                "files": {"log": {"path": "log/**/*.txt", "format": "text", "skip": 1}},
                "sql": "select trim(line[1:5]) as thing_id, trim(line[6:12]) as amount,"
                " trim(line[13:]) as seen_at from log",
            }
        ]
    )
    text = "id   amount  day\n  t1   12.50 2026-01-02\n  t2    0.25 2026-01-03\n"
    company.drop("log/2026-01-05/log.txt", text)
    company.load()
    assert company.things() == [
        ("t1", "12.5000", None, "2026-01-02 00:00:00"),
        ("t2", "0.2500", None, "2026-01-03 00:00:00"),
    ]


def test_a_line_break_inside_quotes_stays_where_the_contract_allows_it(
    make_company: CompanyMaker,
) -> None:
    company = make_company(dialect={"multiline": True})
    company.drop_things(
        't1,1,"first\nsecond, ""quoted""\n\nfourth",2026-01-02\nt2,2,"a\r\nb",2026-01-02\n'
    )
    company.load()
    assert [row[2] for row in company.things()] == [
        'first\nsecond, "quoted"\n\nfourth',
        "a\r\nb",
    ]
    assert company.deliveries() == [("loaded", None, 2, 2, 0)]


def test_a_line_break_inside_quotes_is_never_half_read_where_it_was_not_agreed(
    company: Company,
) -> None:
    company.drop_things('t1,1,"first\nsecond",2026-01-02\nt2,2,b,2026-01-02\n')
    company.load()
    assert company.things() == []
    assert company.deliveries() == [("quarantined", "conservation", 3, 0, 3)]


def test_every_row_says_where_it_came_from_and_when(company: Company) -> None:
    company.drop_things("t1,1,a,2026-01-02\nt2,2,b,2026-01-02\n")
    company.load()
    assert company.rows(
        "select _row_number, _received_at::varchar, _loaded_at::varchar,"
        " _delivery_id = (select delivery_id from quality.deliveries)"
        " from raw.shop_things order by _row_number"
    ) == [
        (1, "2026-01-05 00:00:00", "2026-02-01 05:00:00", True),
        (2, "2026-01-05 00:00:00", "2026-02-01 05:00:00", True),
    ]


def test_an_empty_delivery_is_loaded_as_no_rows(company: Company) -> None:
    company.drop_things("")
    company.load()
    assert company.deliveries() == [("loaded", None, 0, 0, 0)]


def test_a_file_without_a_byte_is_refused(company: Company) -> None:
    company.drop("shop/things/things_20260105.csv", b"")
    company.load()
    assert company.deliveries() == [("quarantined", "header", 0, 0, 0)]
