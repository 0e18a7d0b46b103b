"""Linkage against the truth of public data sets; no setting was chosen by these labels."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from benchmarks.linkage import SETTINGS, pairwise, people
from orchestration.linkage import link_records
from tests.orchestration.linkage.people import (
    agreement,
    read_fake_1000,
    read_febrl,
    read_historical,
)


@pytest.fixture(scope="module")
def folder(real_data: Path) -> Path:
    """The folder of the data sets."""
    found = real_data / "linkage_splink"
    if not found.is_dir():
        pytest.skip("the folder that RAPPORT_TEST_DATA names has no linkage_splink")
    return found


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(config={"threads": 2, "memory_limit": "2GB"}) as connection:
        yield connection


def test_fake_1000_is_linked_without_a_wrong_pair_and_well_at_any_threshold(
    connection: duckdb.DuckDBPyConnection, folder: Path
) -> None:
    settings = read_fake_1000(connection, folder)
    link_records(connection, "people", settings)
    found = agreement(connection)
    assert found.precision >= 0.99
    assert found.recall >= 0.88
    curve = [agreement(connection, threshold) for threshold in (0.6, 0.7, 0.8, 0.9, 0.99)]
    assert max(point.f1 for point in curve) >= 0.92
    recalls = [point.recall for point in curve]
    assert recalls == sorted(recalls, reverse=True)


def test_febrl_3_is_linked_nearly_without_a_fault(
    connection: duckdb.DuckDBPyConnection, folder: Path
) -> None:
    settings = read_febrl(connection, folder)
    link_records(connection, "people", settings)
    row = connection.execute(
        "select sum(size * (size - 1) / 2)"
        " from (select count(*) as size from people group by person)"
    ).fetchone()
    assert row == (6538,)
    assert agreement(connection).f1 >= 0.99


def test_a_twentieth_of_the_historical_persons_is_linked_with_the_same_library(
    connection: duckdb.DuckDBPyConnection, folder: Path
) -> None:
    link_records(connection, "people", read_historical(connection, folder, 0.05))
    found = agreement(connection)
    assert found.precision >= 0.93
    assert found.f1 >= 0.80


@pytest.mark.nightly
def test_all_historical_records_are_linked_within_three_minutes_on_two_cores(
    connection: duckdb.DuckDBPyConnection, folder: Path
) -> None:
    settings = read_historical(connection, folder)
    start = time.process_time()
    link_records(connection, "people", settings)
    assert time.process_time() - start < 180  # of processors: as if one core did it all
    found = agreement(connection)
    assert found.precision >= 0.93
    assert found.f1 >= 0.85


@pytest.mark.nightly
@pytest.mark.timeout(1200)
def test_200_000_records_are_linked_within_five_minutes_and_cost_grows_with_the_records(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    costs = []
    for count in (50_000, 200_000):
        connection.register("made", people(count))
        connection.execute("create or replace table people as from made")
        start = time.process_time()
        linked = link_records(connection, "people", SETTINGS)
        costs.append(time.process_time() - start)
        assert linked.compared_pair_count <= SETTINGS.limits.pairs_per_record * count
    assert costs[1] < 300
    assert costs[1] < 4 * 1.25 * costs[0]
    precision, recall = pairwise(connection)
    assert precision >= 0.98
    assert recall >= 0.95
