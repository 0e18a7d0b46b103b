"""Rows that say that their key exists no more, and files whose name says how they are written."""

from __future__ import annotations

import datetime as dt

import duckdb

from orchestration.gates.sources import update_sources
from tests.orchestration.loading.company import Company
from tests.orchestration.loading.conftest import CompanyMaker
from tests.orchestration.loading.test_replay import again, export, mend

HEADER = "thing_id,amount,note,seen_at,_deleted\n"
DELETED = "select thing_id, _is_deleted from raw.shop_things order by _received_at, _row_number"


def test_a_tombstone_needs_its_key_alone(make_company: CompanyMaker) -> None:
    company = make_company(mode="upsert")
    lines = "t1,1,,2026-01-01 10:00:00,\nt2,,,,true\nt3,,,,false\n,,,,true\n"
    company.drop("shop/things/things_20260105.csv", HEADER + lines)
    company.load()
    assert company.rows(DELETED) == [("t1", False), ("t2", True)]
    assert [row[:2] for row in company.quarantined()] == [
        (3, "seen_at: required but empty"),
        (4, "thing_id: required but empty"),
    ]
    assert company.deliveries() == [("loaded", None, 4, 2, 2)]


def test_how_full_a_column_is_tombstones_do_not_say(make_company: CompanyMaker) -> None:
    company = make_company(mode="upsert")
    lines = "t1,1,,2026-01-01 10:00:00,\nt2,,,,true\n"
    company.drop("shop/things/things_20260105.csv", HEADER + lines)
    company.load()
    with company.connected() as connection:
        update_sources(connection, company.contracts, dt.date(2026, 1, 5), "run_1")
    assert company.rows(
        "select column_name, rows_filled, rows_total from quality.source_columns order by position"
    ) == [("thing_id", 1, 1), ("amount", 1, 1), ("note", 0, 1), ("seen_at", 1, 1)]


def test_a_delivery_of_tombstones_needs_no_other_column(make_company: CompanyMaker) -> None:
    company = make_company(mode="upsert")
    company.drop("shop/things/gone_20260106.jsonl", '{"thing_id": "t1", "_deleted": true}\n')
    company.drop("shop/things/gone_20260107.csv", "thing_id,_deleted\nt2,1\n")
    company.load()
    assert company.rows(DELETED) == [("t1", True), ("t2", True)]


def test_a_mark_that_is_no_boolean_is_quarantined_and_mended(make_company: CompanyMaker) -> None:
    company = make_company(mode="upsert")
    company.drop("shop/things/things_20260105.csv", HEADER + "t1,,,,perhaps\nt2,,,,yes\n")
    company.load()
    assert [row[:2] for row in company.quarantined()] == [
        (1, "seen_at: required but empty; _deleted: not a boolean")
    ]
    mended = mend(export(company), lambda row: row | {"_deleted": "true"})
    assert again(company, file=mended).rows_loaded == 1
    assert company.rows("select thing_id, _is_deleted from raw.shop_things order by all") == [
        ("t1", True),
        ("t2", True),
    ]


def test_an_append_contract_knows_no_tombstones(company: Company) -> None:
    company.drop("shop/things/t_20260105.csv", HEADER + "t1,1,,2026-01-01 10:00:00,true\n")
    company.load()
    assert company.rows("select _is_deleted, _extra from raw.shop_things") == [
        (False, '{"_deleted":"true"}')
    ]


def test_a_raw_table_of_an_earlier_version_gains_the_column(make_company: CompanyMaker) -> None:
    company = make_company(mode="upsert")
    company.drop_things("t1,1,,2026-01-01 10:00:00\n")
    company.load()
    with duckdb.connect(str(company.workspace.warehouse)) as connection:
        connection.execute("alter table raw.shop_things drop column _is_deleted")
    company.drop("shop/things/gone_20260107.csv", "thing_id,_deleted\nt2,1\n")
    company.load()
    assert company.rows(DELETED) == [("t1", None), ("t2", True)]


def test_files_whose_name_says_how_they_are_written_are_read_so(company: Company) -> None:
    folder = company.workspace.landing / "shop/things"
    folder.mkdir(parents=True)
    with duckdb.connect() as connection:
        connection.execute(
            "copy (select 't1' as thing_id, '1.50' as amount, null::varchar as note,"
            f" '2026-01-01 10:00' as seen_at) to '{folder / 'a_20260105.parquet'}'"
        )
    line = '{"thing_id": "%s", "amount": 2.5, "seen_at": "2026-01-01 10:00:00"}\n'
    company.drop("shop/things/b_20260105.jsonl", line % "t2")
    company.drop("shop/things/c_20260105.ndjson", line % "t3")
    company.drop_things("t4,3.5,,2026-01-01 10:00:00\n", "d_20260105.csv")
    company.load()
    seen = "2026-01-01 10:00:00"
    assert company.things() == [
        ("t1", "1.5000", None, seen),
        ("t2", "2.5000", None, seen),
        ("t3", "2.5000", None, seen),
        ("t4", "3.5000", None, seen),
    ]
    formats = "select format, count(*) from quality.deliveries group by all order by 1"
    assert company.rows(formats) == [("csv", 1), ("jsonl", 2), ("parquet", 1)]


def test_a_file_refused_under_one_name_is_tried_again_under_another(company: Company) -> None:
    text = '{"thing_id": "t1", "seen_at": "2026-01-01 10:00:00"}\n' * 2
    wrong = company.drop("shop/things/a_20260105.csv", text)
    company.load()
    assert company.things() == []
    wrong.rename(wrong.with_suffix(".jsonl"))
    company.load()
    assert len(company.things()) == 2


def test_the_name_of_a_fetched_file_says_when_it_was_received(company: Company) -> None:
    name = "shop/things/erp/date=2026-01-05/20260105T083000123456Z_1.csv"
    company.drop_things("t1,1,,2026-01-01 10:00:00\n", name.removeprefix("shop/things/"))
    company.load()
    assert company.rows("select _received_at::varchar from raw.shop_things") == [
        ("2026-01-05 08:30:00.123456",)
    ]
