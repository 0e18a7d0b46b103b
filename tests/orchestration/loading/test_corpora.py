"""Collections of difficult csv files: read as they are meant, or refused with a reason."""

from __future__ import annotations

import json
import tarfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from orchestration.contracts import Dialect
from tests.orchestration.loading.one_file import Account, read_one

WITH_LINE_BREAKS = ("newlines", "newlines_crlf", "quotes_and_newlines")
DELIMITERS = ",;|\t"


def unpacked(real_data: Path, name: str, folder: Path) -> Path:
    path = real_data / "messy_csv" / f"{name}.tar.xz"
    if not path.exists():
        pytest.skip(f"RAPPORT_TEST_DATA has no messy_csv/{name}.tar.xz")
    with tarfile.open(path) as archive:
        archive.extractall(folder, filter="data")
    return folder


@pytest.fixture(scope="session")
def spectrum(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return unpacked(real_data, "csv_spectrum", tmp_path_factory.mktemp("spectrum"))


@pytest.fixture(scope="session")
def duckdb_folder(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return unpacked(real_data, "duckdb_csv", tmp_path_factory.mktemp("duckdb_csv"))


@pytest.fixture
def converted(tmp_path: Path) -> Path:
    """Where files that DuckDB cannot read as they are lie for a while."""
    return tmp_path


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(config={"threads": 1}) as opened:
        yield opened


def test_every_file_of_csv_spectrum_equals_its_json(
    spectrum: Path, connection: duckdb.DuckDBPyConnection, converted: Path
) -> None:
    paths = sorted(spectrum.glob("**/csvs/*.csv"))
    assert len(paths) == 12
    for path in paths:
        dialect = Dialect(multiline=path.stem in WITH_LINE_BREAKS)
        account = read_one(connection, converted, path, path.name, dialect)
        found = [
            dict(zip(account.header, (value or "" for value in row), strict=True))
            for row in account.rows
        ]
        wanted = json.loads((path.parent.parent / "json" / f"{path.stem}.json").read_text("utf-8"))
        if path.stem == "location_coordinates":  # its json has one row, with another number
            wanted = [wanted | {"Contact Phone Number": "2095257564"}]
        assert (account.refused, account.aside, found) == ("", [], wanted), path.stem


def accounts_of(
    folder: Path, connection: duckdb.DuckDBPyConnection, converted: Path, every: int
) -> Iterator[Account]:
    """Each n-th file, with the delimiter that its first line has most, with and without breaks."""
    for path in sorted(path for path in folder.rglob("*") if path.is_file())[::every]:
        first = path.read_bytes()[:4000].split(b"\n")[0].decode("latin-1")
        delimiter = max(DELIMITERS, key=first.count)
        for multiline in (False, True):
            dialect = Dialect(delimiter=delimiter, multiline=multiline)
            account = read_one(connection, converted, path, path.name, dialect)
            assert account.reason or not account.refused, path.name
            assert account.refused or account.records == len(account.rows) + len(account.aside)
            yield account


def test_a_sample_of_duckdbs_own_files_is_read_or_refused_with_a_reason(
    duckdb_folder: Path, connection: duckdb.DuckDBPyConnection, converted: Path
) -> None:
    accounts = accounts_of(duckdb_folder, connection, converted, every=5)
    outcomes = Counter(account.refused for account in accounts)
    assert outcomes[""] > outcomes.total() / 2, outcomes


@pytest.mark.nightly
def test_all_of_duckdbs_own_files_are_read_or_refused_with_a_reason(
    duckdb_folder: Path, connection: duckdb.DuckDBPyConnection, converted: Path
) -> None:
    accounts = accounts_of(duckdb_folder, connection, converted, every=1)
    outcomes = Counter(account.refused for account in accounts)
    assert outcomes[""] > outcomes.total() / 2, outcomes
