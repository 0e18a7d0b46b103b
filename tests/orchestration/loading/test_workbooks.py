"""One declared sheet of an Excel workbook is read as text, as far as it has values."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from pathlib import Path

import openpyxl
import pytest

from tests.orchestration.loading.company import Company
from tests.orchestration.loading.conftest import CompanyMaker

TABLE = [
    ["thing_id", "amount", "note", "seen_at"],
    ["t1", 1.5, 'a,\n"b" ☃', dt.datetime(2026, 1, 2, 10, 30)],
    [None, None, None, None],
    ["t2", 7, True, dt.date(2026, 1, 3)],
    ["0003", None, "=1", "2026-01-04"],
]


def workbook(rows: list[list[object]], sheet: str = "Things") -> bytes:
    book = openpyxl.Workbook()
    book.active.title = "Cover"
    page = book.create_sheet(sheet)
    for row in rows:
        page.append(row)
    for row in page.iter_rows():
        for cell in row:
            if isinstance(cell.value, str):
                cell.data_type = "s"
    sink = io.BytesIO()
    book.save(sink)
    return sink.getvalue()


@pytest.fixture
def company(make_company: CompanyMaker) -> Company:
    return make_company(server={"format": "xlsx"}, dialect={"sheet": "Things"})


def load(company: Company, content: bytes, name: str = "things.xlsx") -> Company:
    company.drop(f"shop/things/2026-01-05/{name}", content)
    company.load()
    return company


def refused(company: Company) -> str | None:
    [(status, code, *_)] = company.deliveries()
    assert status == "quarantined"
    return code


def test_values_of_a_sheet_arrive_as_text_and_dates_as_iso(company: Company) -> None:
    load(company, workbook(TABLE))
    assert company.things() == [
        ("0003", None, "=1", "2026-01-04 00:00:00"),
        ("t1", "1.5000", 'a,\n"b" ☃', "2026-01-02 10:30:00"),
        ("t2", "7.0000", "true", "2026-01-03 00:00:00"),
    ]
    assert company.deliveries() == [("loaded", None, 3, 3, 0)]


def test_several_workbooks_add_up(company: Company) -> None:
    for number in range(5):
        rows = [TABLE[0], [f"t{number}", 1, None, "2026-01-02"]]
        company.drop(f"shop/things/2026-01-05/{number}.xlsx", workbook(rows))
    company.load()
    assert len(company.things()) == 5


def test_lines_around_the_table_are_left_out(make_company: CompanyMaker) -> None:
    company = make_company(
        server={"format": "xlsx"}, dialect={"sheet": "Things", "skip": 2, "skipFooter": 1}
    )
    load(company, workbook([["Report"], [], *TABLE, ["Total", 3]]))
    assert company.deliveries() == [("loaded", None, 3, 3, 0)]


def test_a_value_beside_the_table_sets_its_row_aside(company: Company) -> None:
    load(company, workbook([*TABLE[:4], ["t9", 1, "x", "2026-01-02", "beside"]]))
    assert company.deliveries() == [("loaded", None, 3, 2, 1)]


def test_a_sheet_that_is_missing_is_refused_with_those_there_are(company: Company) -> None:
    load(company, workbook(TABLE, "Other"))
    assert refused(company) == "sheet"
    assert "its sheets are Cover, Other" in company.reasons()


@pytest.mark.parametrize("share", [0, 0.3, 0.9])
def test_a_damaged_workbook_is_refused(company: Company, share: float) -> None:
    content = workbook(TABLE)
    load(company, content[: int(len(content) * share)])
    assert refused(company) == "unreadable"


def test_a_workbook_that_is_another_zip_is_refused(company: Company, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr("xl/workbook.xml", "<!DOCTYPE x [<!ENTITY a 'b'>]><x>&a;</x>")
    load(company, (tmp_path / "x.zip").read_bytes())
    assert refused(company) == "unreadable"


def test_a_workbook_that_is_a_bomb_is_refused(company: Company) -> None:
    source, sink = io.BytesIO(workbook(TABLE)), io.BytesIO()
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            is_sheet = name.endswith("sheet2.xml")
            new.writestr(name, old.read(name) + b" " * (100 << 20) * is_sheet)
    load(company, sink.getvalue())
    assert refused(company) == "limit"


def test_a_wide_sheet_is_refused(company: Company) -> None:
    company.configure(limits={"columns": 10})
    load(company, workbook([[f"c{number}" for number in range(11)]]))
    assert refused(company) == "limit"
