"""Declared encodings give the same text; what is no text of them is told by its first byte."""

from __future__ import annotations

import gzip

import pytest

from tests.orchestration.loading.company import HEADER, Company
from tests.orchestration.loading.conftest import CompanyMaker

LINES = "t1,1,Ülő “x” € tűz,2026-01-02\nt2,2,plain,2026-01-03\n"
CSV = HEADER + LINES
LATIN = CSV.translate({ord(sign): "ö" for sign in "ű“”€ő"})


def of_encoding(make_company: CompanyMaker, encoding: str, content: bytes, name: str) -> Company:
    company = make_company(server={"encoding": encoding})
    company.drop(f"shop/things/{name}", content)
    company.load()
    return company


@pytest.mark.parametrize(
    ("encoding", "content"),
    [
        ("utf-8", CSV.encode()),
        ("utf-8", CSV.encode("utf-8-sig")),
        ("utf-16", CSV.encode("utf-16")),
        ("utf-16", b"\xfe\xff" + CSV.encode("utf-16-be")),
        ("utf-16-le", CSV.encode("utf-16-le")),
        ("utf-16-be", CSV.encode("utf-16-be")),
        ("utf-16-be", b"\xfe\xff" + CSV.encode("utf-16-be")),
        ("cp1250", CSV.encode("cp1250")),
        ("iso-8859-1", LATIN.encode("latin-1")),
        ("cp1252", CSV.translate({ord("ű"): "ö", ord("ő"): "ö"}).encode("cp1252")),
    ],
)
@pytest.mark.parametrize("suffix", ["csv", "csv.gz"])
def test_text_of_every_declared_encoding_arrives_as_it_was_meant(
    make_company: CompanyMaker, encoding: str, content: bytes, suffix: str
) -> None:
    packed = gzip.compress(content) if suffix == "csv.gz" else content
    company = of_encoding(make_company, encoding, packed, f"20260105.{suffix}")
    expected = content.decode("utf-8-sig" if encoding == "utf-8" else encoding)
    wanted = [line.split(",")[2] for line in expected.splitlines()[1:]]
    assert [row[2] for row in company.things()] == wanted
    assert company.deliveries() == [("loaded", None, 2, 2, 0)]
    assert list(company.workspace.temporary.iterdir()) == []


@pytest.mark.parametrize(
    ("encoding", "content", "reason"),
    [
        ("cp1252", HEADER.encode() + b"\x81", "cp1252: the first invalid byte is at offset 29"),
        ("utf-16", CSV.encode("utf-16") + b"x", "utf-16: the first invalid byte is at offset"),
        ("utf-16-le", "a\ud800b\n".encode("utf-16-le", "surrogatepass"), "at offset 2"),
        ("utf-16", CSV.encode("utf-16-le"), "declare utf-16-le or utf-16-be"),
        ("utf-8", b"id,gr\xf6\n", "valid utf-8: the first invalid byte is at offset 5"),
    ],
)  # fmt: skip
def test_bytes_that_no_text_of_the_encoding_has_are_refused_with_their_place(
    make_company: CompanyMaker, encoding: str, content: bytes, reason: str
) -> None:
    company = of_encoding(make_company, encoding, content, "20260105.csv")
    assert company.deliveries()[0][:2] == ("quarantined", "encoding")
    assert reason in company.reasons()


def test_a_line_of_another_encoding_is_set_aside_and_its_first_byte_told(company: Company) -> None:
    content = (HEADER + "t1,1,a,2026-01-02\nt2,2,").encode() + b"\xd6l,2026-01-02\n"
    company.drop("shop/things/20260105.csv", content)
    company.load()
    assert company.deliveries() == [("loaded", None, 2, 1, 1)]
    assert f"not valid utf-8: the first invalid byte is at offset {content.index(0xD6)}" in (
        company.reasons()
    )


def test_a_delivery_of_another_encoding_is_refused_with_the_first_byte(company: Company) -> None:
    content = (HEADER + "t1,1,Öl,2026-01-02\n" * 3).encode("latin-1")
    company.drop("shop/things/20260105.csv", content)
    company.load()
    assert company.deliveries() == [("quarantined", "bad_share", 3, 0, 3)]
    assert f"utf-8: the first invalid byte is at offset {content.index(0xD6)}" in company.reasons()


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_a_nul_byte_is_refused_with_its_place(make_company: CompanyMaker, encoding: str) -> None:
    content = (HEADER + "t1,1,a\0b,2026-01-02\n").encode()
    company = of_encoding(make_company, encoding, content, "20260105.csv")
    assert company.deliveries()[0][:2] == ("quarantined", "nul")
    assert f"a NUL byte stands at offset {content.index(0)} of its text" in company.reasons()


def test_undeclared_utf_16_is_refused_and_guessed_at_only_in_the_reason(company: Company) -> None:
    company.drop("shop/things/20260105.csv", CSV.encode("utf-16-le"))
    company.load()
    assert company.deliveries()[0][0] == "quarantined"
    assert company.things() == []


def test_a_nul_character_in_a_json_value_sets_its_row_aside(make_company: CompanyMaker) -> None:
    company = make_company(server={"format": "jsonl"}, maxBadShare=1)
    line = '{"thing_id": "%s", "note": "%s", "seen_at": "2026-01-02"}\n'
    company.drop(
        "shop/things/20260105.jsonl",
        line % ("t1", r"a\u0000b") + line % ("t2", r"a\\u0000b") + line % ("t3", r"\\\u0000"),
    )
    company.load()
    assert [row[0] for row in company.things()] == ["t2"]
    assert {row[1] for row in company.quarantined()} == {"a value holds a NUL character"}
