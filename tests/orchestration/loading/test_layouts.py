"""Lines around the table, line ends, escapes, fixed width, several tables in one file."""

from __future__ import annotations

from typing import Any

import pytest

from orchestration.config import LimitSettings
from orchestration.contracts import Dialect
from orchestration.errors import ConfigurationError
from orchestration.loading.converting import converted
from tests.orchestration.loading.company import HEADER, THING_COLUMNS, Company
from tests.orchestration.loading.conftest import CompanyMaker

LINES = "t1,1,a,2026-01-02\nt2,2,b,2026-01-03\n"
EXPECTED = [
    ("t1", "1.0000", "a", "2026-01-02 00:00:00"),
    ("t2", "2.0000", "b", "2026-01-03 00:00:00"),
]
LOADED = [("loaded", None, 2, 2, 0)]


@pytest.mark.parametrize(
    "text",
    [
        f'Report\n\n{HEADER}{LINES}\nTotal "2";3\n"end\n\n',
        f'Report "x\n"\n{HEADER}{LINES}3 rows\nend',
        f"\ufeffReport,1,2,3\n,,,\n{HEADER}{LINES},,,\n,,,\n",
    ],
)
def test_lines_before_and_after_the_table_are_left_out(
    make_company: CompanyMaker, text: str
) -> None:
    company = make_company(dialect={"skip": 2, "skipFooter": 2})
    company.drop("shop/things/20260105.csv", text)
    company.load()
    assert company.things() == EXPECTED
    assert company.deliveries() == LOADED


def test_a_footer_that_was_not_agreed_is_set_aside(company: Company) -> None:
    company.drop_things(LINES + "\nTotal: 2 rows\n")
    company.load()
    [(_, _, text)] = company.quarantined()
    assert text.strip() == "Total: 2 rows"
    assert company.deliveries() == [("loaded", None, 3, 2, 1)]


def test_lines_left_out_do_not_depend_on_where_the_pieces_end() -> None:
    text = b"r\r\n\rid\rb,c\r\n\nd\re\n\nf\r\r\n"
    dialect = Dialect(line_end="any", skip=2, skip_footer=2)
    for size in range(1, len(text)):
        pieces = [text[start : start + size] for start in range(0, len(text), size)]
        assert b"".join(converted(pieces, dialect, LimitSettings())) == b"id\nb,c\n\nd\n"


@pytest.mark.parametrize("line_end", ["\r", "\n", "\r\n", "mixed"])
def test_any_line_end_may_be_declared(make_company: CompanyMaker, line_end: str) -> None:
    company = make_company(dialect={"lineEnd": "any", "multiline": True})
    text = HEADER + LINES.replace(",b,", ',"b\nc",')
    mixed = text.replace("\n", "\r", 1).replace("02\n", "02\r\n")
    company.drop(
        "shop/things/20260105.csv",
        (mixed if line_end == "mixed" else text.replace("\n", line_end)).encode(),
    )
    company.load()
    assert [row[2] for row in company.things()] == ["a", "b\nc"]
    assert company.deliveries() == LOADED


@pytest.mark.parametrize(
    "text",
    [
        't1,1,"a\nb",2026-01-02\r\nt2,2,"a\r\n\nb",2026-01-03\r\n',
        't1,1,"a\r\nb",2026-01-02\nt2,2,"a\r\n\nb",2026-01-03\n',
        't1,1,"a\nb",2026-01-02\r\nt2,2,"a\r\n\nb",2026-01-03',
        't1,1,"a\r\nb",2026-01-02\nt2,2,"a\nb",2026-01-03\r\n',
    ],
)
@pytest.mark.parametrize("header", [HEADER, HEADER.replace("\n", "\r\n")])
def test_line_breaks_in_values_may_differ_from_the_line_ends(
    make_company: CompanyMaker, text: str, header: str
) -> None:
    company = make_company(dialect={"multiline": True})
    company.drop("shop/things/20260105.csv", header + text)
    company.drop("shop/things/20260106.csv", header + text.replace("t2", "t3"))
    company.load()
    lines = [line.split('"')[1] for line in (text.partition(",2026")[0], text.partition("t2")[2])]
    assert [row[2] for row in company.things()] == [lines[0], lines[0], lines[1], lines[1]]
    assert company.deliveries() == LOADED * 2


def test_lone_carriage_returns_that_were_not_declared_are_refused(company: Company) -> None:
    company.drop("shop/things/20260105.csv", (HEADER + LINES).replace("\n", "\r"))
    company.load()
    assert company.deliveries()[0][:2] == ("quarantined", "header")
    assert company.things() == []


@pytest.mark.parametrize("multiline", [False, True])
def test_quotes_may_be_escaped_by_a_backslash(make_company: CompanyMaker, multiline: bool) -> None:
    company = make_company(dialect={"escape": "\\", "multiline": multiline})
    company.drop_things(
        't1,1,"say \\"a\\", b",2026-01-02\nt2,2,"c\\\\",2026-01-03\nt3,3,d\\e,2026-01-03\n'
    )
    company.load()
    assert [row[2] for row in company.things()] == ['say "a", b', "c\\", "d\\e"]


def test_a_csv_without_quotes_keeps_them_as_text(make_company: CompanyMaker) -> None:
    company = make_company(dialect={"quote": ""}, server={"delimiter": "\t"})
    text = HEADER.replace(",", "\t") + 't1\t1\t5" "pipe\t2026-01-02\nt2\t2\t"\t2026-01-02\n'
    company.drop("shop/things/20260105.csv", text)
    company.load()
    assert [row[2] for row in company.things()] == ['5" "pipe', '"']


@pytest.mark.parametrize(
    "text",
    [
        HEADER + LINES + HEADER + LINES,
        HEADER + LINES + "\n" + "store,city\ns1,Graz\ns2,Wien\n",
        HEADER + LINES + "\r\n\n" + "a,b,c,d,e\n1,2,3,4,5\n",
    ],
)
@pytest.mark.parametrize("multiline", [False, True])
def test_several_tables_in_one_file_are_refused(
    make_company: CompanyMaker, text: str, multiline: bool
) -> None:
    company = make_company(dialect={"multiline": multiline})
    company.drop("shop/things/20260105.csv", text)
    company.load()
    assert company.deliveries()[0][:2] == ("quarantined", "several_tables")
    assert company.things() == []


def test_an_empty_line_inside_a_value_begins_no_table(make_company: CompanyMaker) -> None:
    company = make_company(dialect={"multiline": True})
    company.drop_things('t1,1,"one\n\na,b\nc,d\n",2026-01-02\n\nt2,2,b,2026-01-03\n')
    company.load()
    assert company.deliveries() == LOADED


def fixed_columns(**positions: str) -> dict[str, dict[str, Any]]:
    return {
        name: column | {"customProperties": [{"property": "position", "value": positions[name]}]}
        if name in positions
        else column
        for name, column in THING_COLUMNS.items()
    }


@pytest.mark.parametrize("encoding", ["utf-8", "cp1250"])
def test_fixed_width_columns_lie_where_the_contract_says(
    make_company: CompanyMaker, encoding: str
) -> None:
    columns = fixed_columns(thing_id="1-4", amount="5-10", note="11-16", seen_at="17-26")
    server = {"format": "fixed", "encoding": encoding}
    company = make_company(columns=columns, server=server, dialect={"skip": 1})
    text = "made by ő\n" + 't1  001.50ő, "a 2026-01-02\n' + "t2              2026-01-03\n\n"
    company.drop("shop/things/20260105.txt", text.encode(encoding))
    company.load()
    assert company.things() == [
        ("t1", "1.5000", 'ő, "a', "2026-01-02 00:00:00"),
        ("t2", None, None, "2026-01-03 00:00:00"),
    ]
    assert company.deliveries() == LOADED


def test_a_line_that_is_too_short_is_set_aside(make_company: CompanyMaker) -> None:
    columns = fixed_columns(thing_id="1-4", seen_at="5-14")
    company = make_company(columns=columns, server={"format": "fixed"})
    company.drop("shop/things/20260105.txt", "t1  2026-01-02\nt2\n")
    company.load()
    assert company.deliveries() == [("loaded", None, 2, 1, 1)]
    assert company.quarantined()[0][1] == "seen_at: required but empty"


def test_a_feed_names_positions_too(company: Company) -> None:
    positions = {"id": "1-3", "day": "4-13"}
    file = {"path": "own/*.txt", "format": "fixed", "positions": positions, "skip_footer": 1}
    sql = "select id as thing_id, day as seen_at from log"
    company.configure(feeds=[{"contract": "shop/things", "files": {"log": file}, "sql": sql}])
    company.drop("own/2026-01-05.txt", "t1 2026-01-02\nt2 2026-01-03\n2 rows\n")
    company.load()
    assert [row[0] for row in company.things()] == ["t1", "t2"]


@pytest.mark.parametrize(
    ("file", "told"),
    [
        ({"encoding": "utf-9"}, "the encoding `utf-9` is unknown"),
        ({"encoding": "punycode"}, "no encoding of files"),
        ({"delimiter": "||"}, "`delimiter` must be one character"),
        ({"quote": "''"}, "`quote` must be one ASCII character"),
        ({"quote": "", "multiline": True}, "`multiline` needs a `quote`"),
        ({"format": "fixed"}, "needs the positions of its columns"),
        ({"format": "fixed", "positions": {"a": "9-3"}}, "not written like 1-10"),
        ({"format": "xlsx"}, "needs the name of its `sheet`"),
        ({"line_end": "cr"}, "line_end"),
    ],
)
def test_what_no_file_can_be_written_like_is_told_at_once(
    company: Company, file: dict[str, Any], told: str
) -> None:
    files = {"own": {"path": "own/*"} | file}
    company.configure(feeds=[{"contract": "shop/things", "files": files, "sql": "from own"}])
    with pytest.raises(ConfigurationError, match="not valid") as error:
        company.load()
    assert told in str(error.value)
