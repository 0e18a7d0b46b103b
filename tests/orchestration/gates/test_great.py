"""Great Expectations on DuckDB: right verdicts, and a guard on the remedy that makes it work."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.config import ResourceSettings
from orchestration.errors import RapportError
from orchestration.gates import great
from orchestration.gates.results import CheckResult
from orchestration.gates.suites import Expectation, Suite, mart_suite

ROWS = [(1, "a", 5), (2, "b", 50), (2, "b", None), (4, "x", 7)]
VERDICTS: dict[str, tuple[dict[str, Any], bool]] = {
    "column_values_to_not_be_null": ({"column": "id"}, True),
    "column_values_to_not_be_null_size": ({"column": "size"}, False),
    "column_values_to_be_between": (
        {"column": "size", "min_value": 0, "max_value": 10},
        False,
    ),
    "column_values_to_be_in_set": ({"column": "kind", "value_set": ["a", "b", "x"]}, True),
    "table_columns_to_match_set": (
        {"column_set": ["id", "kind", "size"], "exact_match": True},
        True,
    ),
}
CLASSES = {
    "column_values_to_not_be_null": "ExpectColumnValuesToNotBeNull",
    "column_values_to_not_be_null_size": "ExpectColumnValuesToNotBeNull",
    "column_values_to_be_between": "ExpectColumnValuesToBeBetween",
    "column_values_to_be_in_set": "ExpectColumnValuesToBeInSet",
    "table_columns_to_match_set": "ExpectTableColumnsToMatchSet",
}


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema raw")
        connection.execute("create table raw.things (id integer, kind varchar, size integer)")
        connection.executemany("insert into raw.things values (?, ?, ?)", ROWS)
    return path


def judged(database: Path, *expectations: Expectation) -> list[CheckResult]:
    suite = Suite("raw", "raw", "things", expectations)
    return great.validate(database, [suite], ResourceSettings(), database.parent)


def test_every_expectation_in_use_gives_the_right_verdict(database: Path) -> None:
    expectations = [
        Expectation(CLASSES[name], arguments, name) for name, (arguments, _) in VERDICTS.items()
    ]
    found = judged(database, *expectations)
    assert {item.message.split(" (")[0] for item in found if not item.is_passed} == {
        name for name, (_, is_passed) in VERDICTS.items() if not is_passed
    }
    assert len(found) == len(VERDICTS)


def test_a_rule_in_sql_counts_the_rows_that_break_it(database: Path) -> None:
    def rule(limit: int) -> Expectation:
        query = f"select * from {{batch}} where size > {limit}"
        arguments = {"unexpected_rows_query": query, "description": f"at most {limit}"}
        return Expectation("UnexpectedRowsExpectation", arguments, "too big", is_blocking=False)

    [broken], [kept] = judged(database, rule(6)), judged(database, rule(60))
    assert (broken.is_passed, broken.observed, broken.is_blocking) == (False, "2 rows", False)
    assert kept.is_passed


@pytest.mark.parametrize(
    ("rows", "failed"),
    [
        ("(1, 'a'), (1, 'b'), (2, 'a')", set()),
        ("(1, 'a'), (1, 'a'), (2, 'b')", {"the key (id, kind) repeats or is empty (1 rows)"}),
        ("(1, null), (2, null), (3, 'a')", {"the key (id, kind) repeats or is empty (2 rows)"}),
    ],
)
def test_a_published_mart_has_its_key_once_and_whole(
    tmp_path: Path, rows: str, failed: set[str]
) -> None:
    path = tmp_path / "candidate.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema marts")
        connection.execute(f"create table marts.things as from (values {rows}) as v (id, kind)")
    suite = mart_suite("things", ["id", "kind"], ["id", "kind"])
    found = great.validate(path, [suite], ResourceSettings(), tmp_path)
    assert [item.check_name for item in found] == [
        "table_columns_to_match_set",
        "unexpected_rows_expectation_one_row_per_key",
    ]
    assert {item.message for item in found if not item.is_passed} == failed


def test_a_result_tells_no_value_of_a_row(database: Path) -> None:
    [result] = judged(
        database,
        Expectation(
            "ExpectColumnValuesToBeInSet", {"column": "kind", "value_set": ["a", "b"]}, "unagreed"
        ),
    )
    assert not result.is_passed
    assert (result.observed, result.message) == ("1 rows", "unagreed (1 rows)")


def test_the_file_is_only_read(database: Path) -> None:
    before = database.read_bytes()
    judged(database, Expectation("ExpectColumnValuesToNotBeNull", {"column": "id"}, ""))
    assert database.read_bytes() == before


def test_the_remedy_for_duckdb_is_still_needed_and_still_works(database: Path) -> None:
    """When this fails GX has changed: look whether `_import_great_expectations` may go."""
    expectation = Expectation("ExpectColumnValuesToNotBeNull", {"column": "id"}, "empty")
    assert judged(database, expectation)[0].is_passed

    from great_expectations.execution_engine import sqlalchemy_execution_engine

    engine: Any = sqlalchemy_execution_engine
    with_remedy = engine._PERSISTED_CONNECTION_DIALECTS
    without = tuple(item for item in with_remedy if not isinstance(item, great._Dialect))
    assert len(without) == len(with_remedy) - 1
    assert all(item.value for item in without)
    suite = Suite("raw", "raw", "things", (expectation,))
    with great._data_source(database, ResourceSettings(), database.parent) as source:
        engine._PERSISTED_CONNECTION_DIALECTS = without
        try:
            with pytest.raises(RapportError, match="be evaluated: list index out of range"):
                great._validate_suite(source, suite)
        finally:
            engine._PERSISTED_CONNECTION_DIALECTS = with_remedy
