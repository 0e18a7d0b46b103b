"""JSON arrays and nested fields: the same rows as json lines, in the words of the file."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest

from orchestration.config import LimitSettings
from orchestration.dialects import Dialect
from orchestration.loading import opening
from orchestration.loading.converting import converted
from tests.orchestration.loading.company import THING_COLUMNS, Company
from tests.orchestration.loading.conftest import CompanyMaker

THINGS = [
    {"thing_id": "t1", "amount": 1.10, "note": 'a, [b] {c}\n"d" ☃', "seen_at": "2026-01-02"},
    {"thing_id": "t2", "amount": None, "seen_at": "2026-01-03"},
]


def of_array(make_company: CompanyMaker, content: str | bytes, name: str = "x.json") -> Company:
    company = make_company(server={"format": "json"}, maxBadShare=0.6)
    company.drop(f"shop/things/2026-01-05/{name}", content)
    company.load()
    return company


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("name", ["x.json", "x.json.gz"])
def test_the_elements_of_an_array_are_rows(
    make_company: CompanyMaker, indent: int | None, encoding: str, name: str
) -> None:
    content = json.dumps(THINGS, indent=indent, ensure_ascii=False).encode(encoding)
    packed = gzip.compress(content) if name.endswith(".gz") else content
    company = of_array(make_company, packed, name)
    assert company.things() == [
        ("t1", "1.1000", 'a, [b] {c}\n"d" ☃', "2026-01-02 00:00:00"),
        ("t2", None, None, "2026-01-03 00:00:00"),
    ]
    assert company.deliveries() == [("loaded", None, 2, 2, 0)]


def test_an_element_that_is_no_object_is_set_aside(make_company: CompanyMaker) -> None:
    company = of_array(make_company, json.dumps([*THINGS, 7, [1]]))
    assert company.deliveries() == [("loaded", None, 4, 2, 2)]


def test_an_empty_array_is_a_delivery_of_no_rows(make_company: CompanyMaker) -> None:
    assert of_array(make_company, " [ ] \n").deliveries() == [("loaded", None, 0, 0, 0)]


@pytest.mark.parametrize(
    "content",
    ["", "{}", '[{"a": 1}', '[{"a": 1},]', '[{"a": 1} {"b": 2}]', '[{"a": 1}] x', '[{"a": "b]',
     "[1,,2]", "[" * 100_000, '[{"a": 1}][{"a": 2}]', "[tru]", '[{"a": "\t"}]'],
)  # fmt: skip
def test_what_is_no_whole_array_is_refused(make_company: CompanyMaker, content: str) -> None:
    company = of_array(make_company, content)
    assert [row[:2] for row in company.deliveries()] == [("quarantined", "json")]
    assert company.things() == []


def test_elements_do_not_depend_on_where_the_pieces_end() -> None:
    items: list[Any] = [{"a": 'é\\"]', "b": [1, {"c": -1.50e3}]}, 12345, "x", None, 7]
    text = json.dumps(items, indent=1, ensure_ascii=False).encode()
    for size in range(1, 12):
        pieces = [text[start : start + size] for start in range(0, len(text), size)]
        lines = b"".join(converted(pieces, Dialect(format="json"), LimitSettings()))
        assert [json.loads(line) for line in lines.splitlines()] == items


def test_a_column_may_lie_inside_another_and_the_rest_is_kept(make_company: CompanyMaker) -> None:
    def inside(path: str) -> dict[str, Any]:
        return {
            "physicalType": "varchar",
            "customProperties": [{"property": "path", "value": path}],
        }

    columns = THING_COLUMNS | {
        "note": inside("buyer.address.city"),
        "tags": inside("$.tags"),
        "first_tag": inside("$.tags[0]"),
        "buyer": {"physicalType": "varchar"},
    }
    company = make_company(server={"format": "jsonl"}, columns=columns)
    thing = THINGS[1] | {
        "buyer": {"address": {"city": "Graz"}, "age": 7},
        "tags": ["a", {"b": 1.50}],
        "more": {"x": 1},
    }
    company.drop("shop/things/20260105.jsonl", json.dumps(thing))
    company.load()
    [row] = company.rows("select note, tags, first_tag, buyer, _extra from raw.shop_things")
    assert row[0] == "Graz"
    assert [json.loads(row[1]), row[2]] == [["a", {"b": 1.5}], "a"]
    assert json.loads(row[3])["age"] == 7
    assert json.loads(json.loads(row[4])["more"]) == {"x": 1}
    assert "kept in _extra: more" in company.reasons()


def test_a_feed_reads_an_array_line_by_line(company: Company) -> None:
    company.configure(
        feeds=[
            {
                "contract": "shop/things",
                "files": {"api": {"path": "api/*.json", "format": "json"}},
                "sql": "select line->>'$.thing_id' as thing_id, line->>'$.amount' as amount,"
                " line->>'$.seen_at' as seen_at from api",
            }
        ]
    )
    company.drop("api/2026-01-05.json", json.dumps(THINGS, indent=2))
    company.load()
    assert [row[:2] for row in company.things()] == [("t1", "1.1000"), ("t2", None)]


def test_an_element_that_is_too_long_is_refused(
    make_company: CompanyMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "CHUNK_BYTES", 1000)
    company = make_company(server={"format": "json"})
    company.configure(limits={"line_bytes": 2000})
    company.drop("shop/things/20260105.json", json.dumps([{"note": "x" * 10_000}]))
    company.load()
    assert [row[:2] for row in company.deliveries()] == [("quarantined", "record_size")]
